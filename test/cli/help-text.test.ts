import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wrappedHelp } from '../../cli/help-text.ts';

test('a line that is too long goes on below its second column, or below where it begins', () => {
  const table = '  kill   nodes die at once, and come back\n  pause  nodes freeze';
  expect(wrappedHelp(table, 28)).toBe(
    ['  kill   nodes die at once,', '         and come back', '  pause  nodes freeze'].join('\n'),
  );
  expect(wrappedHelp('    what is indented, all of it', 20)).toBe(
    ['    what is', '    indented, all of', '    it'].join('\n'),
  );
  const example = '  ordeal check --report out/ history.edn   a page';
  expect(wrappedHelp(example, 44)).toBe(['  ordeal check --report out/ history.edn   a', '      page'].join('\n'));
});

test('a paragraph is filled, and headings, empty lines and what is indented stay lines of their own', () => {
  const text = 'Examples:\n  one\n\nEach file is\njudged for itself.\nSo it is.\n';
  expect(wrappedHelp(text, 24)).toBe('Examples:\n  one\n\nEach file is judged for\nitself. So it is.\n');
});

test('no word is lost or cut, and no line is longer than it has to be', () => {
  const word = fc.stringMatching(/^[a-z→é.]{1,12}$/);
  const line = fc
    .tuple(fc.nat(20), fc.array(word, { minLength: 1, maxLength: 30 }))
    .map(([indent, words]) => ' '.repeat(indent) + words.join(' '));
  fc.assert(
    fc.property(fc.array(line), fc.integer({ min: 50, max: 120 }), (lines, columns) => {
      const wrapped = wrappedHelp(lines.join('\n'), columns);
      expect(wrapped.split(/\s+/)).toEqual(lines.join('\n').split(/\s+/));
      for (const one of wrapped.split('\n')) expect(one.length).toBeLessThanOrEqual(columns);
    }),
  );
});
