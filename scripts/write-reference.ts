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

How values are read: numbers are equal by value (1, 1.0, 1N and 1M are one number, 0 and -0 too, of which exports keep the sign);
one that 64 bits do not hold exactly is kept as text in EDN and refused in NDJSON. Keywords, symbols, characters and strings
differ from each other; sets are sorted lists, lists and vectors are the same. A read of nil says that nothing is there
(\`--nil-reads\`), and \`[key value]\` tuples are recognised by what invocations ask (\`--tuples\`, \`--no-tuples\`): what was assumed is
printed with the verdict. Where all values of a history of events are lists of micro-operations, \`[[:r k nil] [:w k 1]]\`, by
themselves or behind the key of a tuple, its operations are transactions, whatever they are called. The order of events counts,
and times only break no order; files of our own export keep both exactly.

A line of NDJSON has these fields and no others: \`process\` (an integer), \`f\` and \`invokedAt\` (nanoseconds, an integer) always;
\`outcome\` ("ok", "fail" or "info") wherever there is a \`completedAt\` or a \`result\`, and info without; \`completedAt\` where the
outcome is ok; \`key\`, \`value\` (what was asked), \`result\` (what was found), \`error\` and \`node\`, null by default; \`index\`, by
default one more than in the line before.

Refused, by the number of the line, is what can't be read, in a log also what looks like an event and is none; two operations of
one process at a time; a write or compare-and-set that is ok with another value than its invocation has (a compare-and-set
may be answered with what it found or wrote, or with true or false); and a transaction that is ok with other steps than it was
asked for. Told in a note is a process that goes on after an info, which retires it; an ok read, or dequeue, that does not say
what it found; an ok completion whose value differs and binds nothing, as that of a put; and, in NDJSON, an operation without a
key beside others with one. A map of EDN may have fields of its own, which say nothing here and may hold what is no EDN.

## Planted bugs (\`--bug\`)

${table(['name', 'group', 'what the wrong code does', 'exposed by', 'breaks', 'known from'], bugs)}
`;
}

if (process.argv[1]?.endsWith('write-reference.ts'))
  writeFileSync(new URL('../docs/reference.md', import.meta.url), reference());
