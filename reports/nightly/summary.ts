/** A night as Markdown, for the summary of a CI run: what failed and whether it is new, the canaries, the trends. Kept small. */

import type { NightItem } from '../../history/night-records.ts';
import { escapeMarkdown, visible } from '../escape.ts';
import { duration } from '../times.ts';
import { count, percent, shortened } from '../wording.ts';
import type { NightPage } from './night-page.ts';
import { exitCodeOfNight, outcomeOfItem, outcomeOfNight, repeatOfNight, sentenceOfNight, tallyOf } from './outcome.ts';
import { describeMemory, type Trend } from './trends.ts';

/** GitHub refuses a summary of more than 1 MiB; nobody reads even this. */
const SUMMARY_CHARS_MAX = 60_000;
const FAILURES_MAX = 40;
const ITEMS_OF_FAILURE_MAX = 5;
const NOT_RUN_MAX = 20;
const TREND_POINTS = 8;

export function renderSummary(page: NightPage): string {
  const { night } = page;
  const outcome = outcomeOfNight(night);
  const parts = [
    `## Ordeal: ${outcome.toUpperCase()}${night.interrupted ? ' (interrupted)' : night.endedAt === null ? ' so far' : ''}`,
    escapeMarkdown(sentenceOfNight(night)),
    tallyTable(page),
    failures(page),
    gone(page),
    notRun(page),
    canaries(page),
    trends(page),
    foot(page),
  ];
  const text = `${parts.filter((part) => part !== '').join('\n\n')}\n`;
  if (text.length <= SUMMARY_CHARS_MAX) return text;
  const cut = text.slice(0, text.lastIndexOf('\n', SUMMARY_CHARS_MAX));
  return `${cut}\n\n… cut off here; \`index.html\` has everything.\n`;
}

function tallyTable({ night }: NightPage): string {
  const rows = (['corpus', 'canary', 'trial', 'hunt'] as const).flatMap((kind) => {
    const items = night.items.filter((item) => item.kind === kind);
    if (items.length === 0) return [];
    const tally = tallyOf(items);
    const cell = (value: number): string => (value === 0 ? '·' : String(value));
    return [
      `| ${kind} | ${items.length} | ${[tally.pass, tally.violation, tally.broken, tally.unknown, tally.vacuous, tally['not-run']].map(cell).join(' | ')} |`,
    ];
  });
  if (rows.length === 0) return '';
  return [
    '| | items | pass | violation | broken | unknown | vacuous | not run |',
    '|---|---:|---:|---:|---:|---:|---:|---:|',
    ...rows,
  ].join('\n');
}

function failures({ failures: all }: NightPage): string {
  if (all.length === 0) return '';
  const lines = ['### What failed'];
  for (const { fingerprint, items, memory } of all.slice(0, FAILURES_MAX)) {
    lines.push(
      '',
      `#### ${escapeMarkdown(fingerprint.title)}`,
      `${fingerprint.outcome} · ${describeMemory(memory).replace(/^new/, '**new**')} · \`${fingerprint.id}\``,
      '',
      ...items.slice(0, ITEMS_OF_FAILURE_MAX).flatMap(itemLines),
    );
    if (items.length > ITEMS_OF_FAILURE_MAX) lines.push(`* and ${items.length - ITEMS_OF_FAILURE_MAX} more`);
  }
  if (all.length > FAILURES_MAX) lines.push('', `… and ${all.length - FAILURES_MAX} more failures.`);
  return lines.join('\n');
}

function itemLines(item: NightItem): string[] {
  const report = item.report === null ? '' : ` (\`${visible(item.report)}\`)`;
  const lines = [`* **${escapeMarkdown(item.id)}**${report}: ${escapeMarkdown(shortened(item.sentence, 500))}`];
  if (item.again !== null) lines.push('', `      ${visible(item.again.replace(/\s+/g, ' '))}`, '');
  return lines;
}

function gone({ gone: all }: NightPage): string {
  if (all.length === 0) return '';
  const lines = all
    .slice(-FAILURES_MAX)
    .map(
      ({ fingerprint, last, seenOn }) => `* ${escapeMarkdown(fingerprint.title)}: last seen on ${last} (${seenOn} ×)`,
    );
  return ['### Gone since', '', ...lines].join('\n');
}

function notRun({ night }: NightPage): string {
  const items = night.items.filter(({ outcome, state }) => outcome === null && state !== 'running');
  if (items.length === 0) return '';
  const lines = items
    .slice(0, NOT_RUN_MAX)
    .map(({ id, sentence }) => `* ${escapeMarkdown(id)}${sentence === '' ? '' : `: ${escapeMarkdown(sentence)}`}`);
  if (items.length > NOT_RUN_MAX) lines.push(`* and ${items.length - NOT_RUN_MAX} more`);
  return ['### Not run', '', ...lines].join('\n');
}

function canaries({ night }: NightPage): string {
  const items = night.items.filter(({ kind }) => kind === 'canary');
  if (items.length === 0) return '### Canaries\n\nNone: nothing shows that the checkers were awake.';
  const lines = items.map((item) => {
    const mark = outcomeOfItem(item) === 'pass' ? 'caught' : `**${item.outcome ?? 'not run'}**`;
    const shard = item.shard === null ? '' : ` (shard ${item.shard})`;
    return `| ${escapeMarkdown(item.id.replace(/^canary\//, ''))}${shard} | ${mark} | ${item.measures.detectedMs === null ? '–' : duration(item.measures.detectedMs * 1e6)} |`;
  });
  return ['### Canaries', '', '| planted bug | | after |', '|---|---|---:|', ...lines].join('\n');
}

function trends({ trends: all }: NightPage): string {
  const nights = all[0]?.points.slice(-TREND_POINTS) ?? [];
  if (nights.length < 2) return '';
  const row = (trend: Trend): string =>
    `| ${escapeMarkdown(trend.name)} | ${trend.points
      .slice(-TREND_POINTS)
      .map(({ value }) => trendValue(trend.unit, value))
      .join(' | ')} |`;
  return [
    '### Trends',
    '',
    `| | ${nights.map(({ night }) => night.slice(5)).join(' | ')} |`,
    `|---|${'---:|'.repeat(nights.length)}`,
    ...all.map(row),
  ].join('\n');
}

export function trendValue(unit: Trend['unit'], value: number | null): string {
  if (value === null) return '–';
  switch (unit) {
    case 'count':
      return count(value);
    case 'share':
      return percent(value, 1);
    case 'ns':
      return duration(value);
    case 'ms':
      return duration(value * 1e6);
  }
}

function foot({ night }: NightPage): string {
  const took = night.endedAt === null ? 'not ended' : duration((night.endedAt - night.startedAt) * 1e6);
  const bugs = night.bugs.length === 0 ? '' : `, with the bug ${night.bugs.join(' and ')} planted everywhere`;
  const text =
    `Plan ${night.plan} of ${night.date}${bugs}; commit ${night.commit ?? 'unknown'}; took ${took} of ` +
    `${duration(night.budgetMs * 1e6)}; exit code ${exitCodeOfNight(night)}. The same plan again:`;
  return `${escapeMarkdown(text)} \`${repeatOfNight(night)}\``;
}
