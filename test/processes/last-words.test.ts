import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { lastWords } from '../../cluster/processes/child.ts';

/** The last lines of a program that Node.js runs, as a trial has them. */
function outputOf(program: string): string[] {
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  return stderr.split('\n').slice(-21, -1);
}

describe('why a process ended', () => {
  it.each([
    ['throw new TypeError("no such field")', 'TypeError: no such field'],
    ['await import("node:nothing")', 'Error [ERR_UNKNOWN_BUILTIN_MODULE]: No such built-in module: node:nothing'],
    [
      'import("node:fs").then(({ readFileSync }) => readFileSync("/nowhere"))',
      "Error: ENOENT: no such file or directory, open '/nowhere'",
    ],
  ])('is the line of the error that Node.js died of: %s', (program, expected) => {
    const output = outputOf(program);
    expect(output.at(-1)).toMatch(/^Node\.js v/);
    expect(lastWords(output)).toBe(expected);
  });

  it('is the last line otherwise', () => {
    expect(lastWords(['Error: early', 'crashed: never seen before'])).toBe('crashed: never seen before');
    expect(lastWords(['Node.js v20.20.2'])).toBe('Node.js v20.20.2');
    expect(lastWords([])).toBe('it said nothing');
  });
});
