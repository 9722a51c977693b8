/** The core of the first anomaly by itself: as a picture for an issue tracker, or as text. */

import type { Anomaly } from '../checker/verdict.ts';
import type { Operation } from '../history/operation.ts';
import { pictureStyle } from './browser-bundle.ts';
import { whereWords } from './circumstances.ts';
import { type Core, coreOf, corePicture } from './core-picture.ts';
import { escapeMarkdown, html, trusted, visible } from './escape.ts';
import { anomaliesInOrder } from './exhibit.ts';
import type { Context } from './first-screen.ts';
import { minorityLeaderWords } from './minority-leaders.ts';
import { nodesPicture } from './nodes-picture.ts';
import { splitBrainOf } from './nodes-then.ts';
import { stepsOf } from './observed.ts';
import { scaleFor } from './precision.ts';
import { contextOf } from './report.ts';
import { verdictSentence } from './sentence.ts';
import { situationOf } from './situation.ts';
import { moment, type TimeScale } from './times.ts';
import type { TrialData } from './trial-data.ts';
import { tellingOf } from './witness.ts';
import { asClients, client, keyWords, label, letter, plural } from './wording.ts';

/** SVG that stands alone, or Markdown. Deterministic. A trial without an anomaly gives its sentence. */
export function renderCore(data: TrialData, format: 'svg' | 'md'): string {
  return format === 'svg' ? coreAsSvg(data) : coreAsMarkdown(data);
}

const WIDTH = 960;
const LINE = 19;
/** Characters of the sentence that fit into a line of the picture. */
const CHARACTERS = 128;

function coreAsSvg(data: TrialData): string {
  const context = contextOf(data);
  const anomaly = anomaliesInOrder(data)[0];
  const lines = wrapped(verdictSentence(data), CHARACTERS);
  const picture =
    anomaly === undefined
      ? null
      : anomaly.core.length === 0
        ? nodesPicture(data, anomaly, context.spans)
        : corePicture(data, anomaly, coreOf(context.byIndex, anomaly), context.spans);
  const inner = picture === null ? '' : picture.markup;
  const size = /viewBox="0 0 \d+ (\d+)"/.exec(inner);
  const top = lines.length * LINE + 18;
  const height = top + Number(size?.[1] ?? 0);
  const placed = inner.replace(/<svg class="(core[a-z ]*)"/, `<svg class="$1" x="0" y="${top}"`);
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${verdictSentence(data)}"><style>${trusted(pictureStyle())}</style><rect width="${WIDTH}" height="${height}" fill="#ffffff"/><g class="core" font-size="13.5">${lines.map((line, i) => html`<text x="12" y="${(i + 1) * LINE + 3}" font-weight="600">${line}</text>`)}</g>${trusted(placed)}</svg>
`.markup;
}

/** Breaks a text at spaces into lines of at most `max` characters; a longer word gets a line of its own. */
function wrapped(text: string, max: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > max) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines;
}

function coreAsMarkdown(data: TrialData): string {
  const context = contextOf(data);
  const { trial } = data;
  const anomaly = anomaliesInOrder(data)[0];
  const lines = [`**${escapeMarkdown(verdictSentence(data))}**`, ''];
  const what = [trial.system, trial.world, trial.workload].filter((part) => part !== null).join(', ');
  const seed = trial.seed === null ? '' : `, seed ${trial.seed}`;
  lines.push(
    `${trial.world === null ? 'File' : 'Trial'} ${escapeMarkdown(trial.id)}${what === '' ? '' : ` (${escapeMarkdown(what)})`}${seed}.`,
    '',
  );
  if (anomaly !== undefined) {
    const telling = tellingOf(data, anomaly);
    const scale = scaleFor(data, anomaly);
    const facts = [
      ...splitBrainOf(telling).map((leader) => minorityLeaderWords(leader, scale)),
      ...situationOf(telling, scale),
    ];
    if (facts.length > 0) lines.push(escapeMarkdown(facts.join(' ')), '');
    const core = coreOf(context.byIndex, anomaly);
    const letters = new Map(core.operations.map((operation, i) => [operation.index, letter(i)]));
    const steps =
      core.operations.length > 0
        ? anomaly.argument
        : stepsOf(data, anomaly).map((text): Anomaly['argument'][number] => ({ text, operations: [] }));
    steps.forEach((step, i) => {
      const names = step.operations.map((index) => letters.get(index)).filter((name) => name !== undefined);
      lines.push(
        `${i + 1}. ${escapeMarkdown(asClients(step.text))}${names.length === 0 || names.length > 8 ? '' : ` (${names.join(', ')})`}`,
      );
    });
    if (core.operations.length > 0) lines.push('', ...table(context, core, scale));
  }
  for (const command of data.repeat)
    lines.push(
      '',
      `    ${visible(command.command.replace(/[\r\n]+/g, ' '))}${command.expect === null ? '' : `   # ${command.expect}`}`,
    );
  return `${lines.join('\n')}\n`;
}

function table(context: Context, core: Core, scale: TimeScale): string[] {
  const cells = (row: readonly string[]): string => `| ${row.map(escapeMarkdown).join(' | ')} |`;
  const rowOf = (operation: Operation, i: number): string =>
    cells([
      letter(i),
      client(operation),
      `${label(operation)}${operation.key === null ? '' : ` on ${keyWords(operation.key)}`}`,
      operation.outcome,
      moment(operation.invokedAt, scale),
      operation.completedAt === null ? '–' : moment(operation.completedAt, scale),
      whereWords(context.spans, operation) || '–',
    ]);
  const note =
    core.operations.length < core.total
      ? ['', `${core.operations.length} of ${plural(core.total, 'operation')} shown.`]
      : [];
  return [
    '| | client | operation | outcome | from | to | node |',
    '|---|---|---|---|---|---|---|',
    ...core.operations.map(rowOf),
    ...note,
  ];
}
