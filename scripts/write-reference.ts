/** Writes docs/reference.md from the registries, so that it can't lie: npx tsx scripts/write-reference.ts */

import { writeFileSync } from 'node:fs';
import { MODELS } from '../checker/models.ts';
import { BUGS } from '../cluster/bugs/catalogue.ts';
import { FORMATS } from '../history/formats/registry.ts';
import { FAULTS } from '../nemesis/registry.ts';
import { WORKLOADS } from '../workload/registry.ts';

/** A Markdown table of strings; a bar in a cell is escaped. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

const code = (name: string): string => `\`${name}\``;

/** The whole page. */
export function reference(): string {
  const faults = [...FAULTS.values()].map(({ name, summary, needs }) => [code(name), summary, needs.join(', ')]);
  const workloads = [...WORKLOADS.values()].map(({ name, summary, model }) => [code(name), summary, code(model)]);
  const models = MODELS.map(({ name, summary, conventions }) => [code(name), summary, conventions]);
  const formats = FORMATS.map(({ name, summary }) => [code(name), summary]);
  const bugs = BUGS.map(({ name, group, what, exposedBy, breaks, source }) => [
    code(name),
    group,
    what,
    exposedBy,
    breaks.join(', ') || 'nothing',
    source,
  ]);
  return `# Reference

Written from the code by \`npx tsx scripts/write-reference.ts\`; a test fails when it is out of date.

## Faults (\`--faults\`)

${table(['name', 'what happens', 'needs of the world'], faults)}

## Workloads (\`--workload\`)

${table(['name', 'what clients do', 'judged by'], workloads)}

## Models (\`ordeal check --model\`)

${table(['name', 'what it describes', 'its operations, and → what they answer'], models)}

## Formats (\`ordeal check --format\`)

${table(['name', 'what it is'], formats)}

How values are read: numbers are equal by value (1, 1.0, 1N and 1M are one number); one that 64 bits do not hold exactly is kept
as text in EDN and refused in NDJSON. Keywords, symbols, characters and strings differ from each other; sets are sorted lists,
lists and vectors are the same. A read of nil says that nothing is there (\`--nil-reads\`), and \`[key value]\` tuples are
recognised by what invocations ask (\`--tuples\`, \`--no-tuples\`): what was assumed is printed with the verdict. The order of events
counts, and times only break no order; files of our own export keep both exactly.

## Planted bugs (\`--bug\`)

${table(['name', 'group', 'what the wrong code does', 'exposed by', 'breaks', 'known from'], bugs)}
`;
}

if (process.argv[1]?.endsWith('write-reference.ts'))
  writeFileSync(new URL('../docs/reference.md', import.meta.url), reference());
