/** `ordeal nightly`: what CI runs every night. */

import { appendFileSync, existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { openNights } from '../history/nights.ts';
import { openStore } from '../history/store.ts';
import { annotationsOf } from '../reports/nightly/annotations.ts';
import type { NightPage } from '../reports/nightly/night-page.ts';
import { exitCodeOfNight, outcomeOfNight, sentenceOfNight } from '../reports/nightly/outcome.ts';
import { renderSummary } from '../reports/nightly/summary.ts';
import { describeMemory } from '../reports/nightly/trends.ts';
import type { NightlyConfig } from '../trial/nightly/config.ts';
import { CONFIG_FILE, parseConfig, readConfig } from '../trial/nightly/config-file.ts';
import { runNight } from '../trial/nightly/night.ts';
import { prepareOut } from '../trial/nightly/out-directory.ts';
import { type Plan, planNight, type Shard, shardOf } from '../trial/nightly/plan.ts';
import { startPublisher } from '../trial/nightly/publisher.ts';
import { forgetPasses } from '../trial/nightly/retention.ts';
import { EXIT_INTERRUPTED } from '../trial/outcome.ts';
import { DEFAULT_STORE, durationFlag, listFlag } from './flags.ts';

interface NightlyFlags {
  readonly config?: string;
  readonly budget?: number;
  readonly out: string;
  readonly store: string;
  readonly seedOf?: string;
  readonly shard?: Shard;
  readonly bug?: string[];
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export const DEFAULT_OUT = 'ordeal-nightly';
const PROGRESS_EVERY_MS = 5000;

const EXAMPLES = `
Examples:
  ordeal nightly                                     30 minutes: regressions, canaries, trials, then hunting
  ordeal nightly --budget 10m --out results          what ${CONFIG_FILE} says, in 10 minutes
  ordeal nightly --seed-of 2026-11-20 --dry-run      the plan of that night
  ordeal nightly --budget 8h --shard 3/16            a sixteenth of 8 hours; \`ordeal merge\` joins the sixteen
  ordeal nightly --bug no-dedupe                     does a night go red for it?

The directory gets index.html, junit.xml, summary.md, result.json, the reports of the trials and a bundle of each failure. They
are written as the night goes on, so an interrupted one leaves them too. The exit code is the worst of all: 1, then 4, 2, 3, 0;
130 if it was interrupted. A planted bug that is not caught makes the night broken.`;

export function nightlyCommand(finished: (exitCode: number) => void): Command {
  return new Command('nightly')
    .description('the CI job: regressions, canaries, a matrix of trials, and hunting within a budget')
    .option('--config <file>', `what a night consists of (default: ${CONFIG_FILE} if there is one)`)
    .option('--budget <duration>', 'wall time of the whole night, over its shards (default: 30m)', durationFlag)
    .option('--out <dir>', 'directory of the results', DEFAULT_OUT)
    .option('--store <dir>', 'directory of the store: the memory of earlier nights', DEFAULT_STORE)
    .option('--seed-of <date>', 'the plan of that date, as 2026-11-20 (default: today, UTC)', dateFlag)
    .option('--shard <i/n>', 'the i-th of n parts of the plan, for n machines', shardFlag)
    .option(
      '--bug <names>',
      'plant bugs in everything, to see the night go red; such a night is not remembered',
      listFlag,
    )
    .option('--dry-run', 'print the plan and end')
    .option('--json', 'print the result as one JSON object')
    .option('--quiet', 'no progress on standard error')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: NightlyFlags) => finished(await nightly(flags)));
}

async function nightly(flags: NightlyFlags): Promise<number> {
  const file = flags.config ?? (existsSync(CONFIG_FILE) ? CONFIG_FILE : null);
  const config = configOf(file, flags);
  const whole = planNight(config, { date: flags.seedOf ?? today(), bugs: flags.bug ?? [] });
  const shard = flags.shard ?? null;
  const plan = shard === null ? whole : shardOf(whole, shard);
  if (flags.dryRun) {
    process.stdout.write(flags.json ? `${JSON.stringify(plan)}\n` : describePlan(plan, shard));
    return 0;
  }
  prepareOut(flags.out);
  const say = (text: string): void => {
    if (!flags.quiet) process.stderr.write(text);
  };
  say(describePlan(plan, shard));

  const memory = openNights(flags.store, 'write');
  const interrupt = new AbortController();
  const onSignal = (): void => {
    // The second time nobody wants to wait: what is written is written, and the items end with this process.
    if (interrupt.signal.aborted) process.exit(EXIT_INTERRUPTED);
    say('interrupted: judging what there is; once more ends at once\n');
    interrupt.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  try {
    const earlier = memory.list();
    const { nights } = config.memory;
    const publisher = startPublisher({ out: flags.out, earlier, nights, memory: shard === null ? memory : null });
    const told = new Set<string>();
    let lastProgress = 0;
    const night = await runNight(plan, {
      id: memory.freshId(plan.date),
      shard,
      config: file,
      places: { store: flags.store, out: flags.out },
      signal: interrupt.signal,
      onChange: (state) => {
        publisher.changed(state);
        for (const item of state.items) {
          if (item.state !== 'done' || told.has(item.id)) continue;
          told.add(item.id);
          say(`${(item.outcome ?? '').padEnd(9)} ${item.id}${item.outcome === 'pass' ? '' : `: ${item.sentence}`}\n`);
        }
      },
      onProgress: (item, text) => {
        if (Date.now() - lastProgress < PROGRESS_EVERY_MS) return;
        lastProgress = Date.now();
        say(`          ${item.id}: ${text}\n`);
      },
    });
    const page = publisher.ended(night);
    if (shard === null) forget(flags.store, config, [...earlier, night]);
    report(page, flags);
    return exitCodeOfNight(night);
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
    memory.close();
  }
}

/** Prints a night that has ended, and tells GitHub where it runs there. */
export function report(page: NightPage, flags: { readonly out: string; readonly json?: boolean }): void {
  const { night } = page;
  const outcome = outcomeOfNight(night);
  if (flags.json) {
    const { id, date, plan, commit } = night;
    const failures = page.failures.map(({ fingerprint, memory }) => ({ ...fingerprint, new: memory.seenOn === 0 }));
    const exitCode = exitCodeOfNight(night);
    const sentence = sentenceOfNight(night);
    process.stdout.write(
      `${JSON.stringify({ night: id, date, plan, commit, outcome, exitCode, sentence, failures, out: flags.out })}\n`,
    );
  } else process.stdout.write(asText(page, flags.out));
  if (process.env.GITHUB_ACTIONS === 'true')
    for (const line of annotationsOf(page)) (flags.json ? process.stderr : process.stdout).write(`${line}\n`);
  const summary = process.env.GITHUB_STEP_SUMMARY;
  if (summary === undefined || summary === '') return;
  try {
    appendFileSync(summary, renderSummary(page));
  } catch (error) {
    process.stderr.write(`ordeal: cannot write to GITHUB_STEP_SUMMARY (${(error as NodeJS.ErrnoException).code})\n`);
  }
}

function asText({ night, failures, gone }: NightPage, out: string): string {
  const lines = [`${outcomeOfNight(night).toUpperCase()}  ${sentenceOfNight(night)}`];
  for (const { fingerprint, items, memory } of failures) {
    lines.push(`  ${fingerprint.title} [${fingerprint.id}], ${describeMemory(memory)}`);
    const [first] = items;
    if (first === undefined) continue;
    lines.push(`    ${first.id}: ${first.sentence}${items.length === 1 ? '' : ` (and ${items.length - 1} more)`}`);
    if (first.again !== null) lines.push(`    again    ${fromHere(first.again, out)}`);
  }
  for (const { fingerprint, last } of gone) lines.push(`  gone since ${last}: ${fingerprint.title}`);
  lines.push(`  results  ${join(out, 'index.html')}`);
  return `${lines.join('\n')}\n`;
}

/** Commands name bundles as they lie in the night's directory. */
function fromHere(command: string, out: string): string {
  return command.replace(/ordeal repro (?=bundles\/|shards\/)/, `ordeal repro ${out}/`);
}

function configOf(file: string | null, flags: NightlyFlags): NightlyConfig {
  const config = file === null ? parseConfig('', 'the defaults') : readConfig(file);
  const { corpus } = config;
  const from = file === null ? '.' : dirname(file);
  return {
    ...config,
    budget: flags.budget ?? config.budget,
    // A path in a file is meant from where the file is.
    corpus: corpus === null || corpus === 'default' || isAbsolute(corpus) ? corpus : join(from, corpus),
  };
}

function describePlan(plan: Plan, shard: Shard | null): string {
  const part = shard === null ? '' : `, shard ${shard.index} of ${shard.count}`;
  const bugs = plan.bugs.length === 0 ? '' : `, with the bug ${plan.bugs.join(' and ')} planted everywhere`;
  const minutes = (plan.budgetMs / (shard?.count ?? 1) / 60_000).toFixed(1).replace(/\.0$/, '');
  const lines = plan.items.map(({ id, estimateMs }) => {
    const about = estimateMs === 0 ? 'what remains' : `${(estimateMs / 1000).toFixed(0)} s`;
    return `  ${id.padEnd(64)} ${about.padStart(6)}`;
  });
  return `plan ${plan.hash} of ${plan.date}${part}: ${plan.items.length} items in ${minutes} min${bugs}\n${lines.join('\n')}\n`;
}

function forget(directory: string, config: NightlyConfig, nights: Parameters<typeof forgetPasses>[1]): void {
  const store = openStore(directory, 'write');
  try {
    forgetPasses(store, nights, config.memory.keepTrials);
  } finally {
    store.close();
  }
}

/** The only look at the calendar: which day it is decides the plan, nothing else does. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function dateFlag(text: string): string {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  if (date === null || Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text)
    throw new InvalidArgumentError(`"${text}" is no date; write for example 2026-11-20.`);
  return text;
}

function shardFlag(text: string): Shard {
  const [, index, count] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (!(shard.index >= 1 && shard.index <= shard.count && shard.count <= 1000))
    throw new InvalidArgumentError(`"${text}" is no shard; write i/n with i from 1 to n, for example 3/16.`);
  return shard;
}
