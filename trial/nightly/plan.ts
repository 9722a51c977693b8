/**
 * The plan of a night: which regressions, canaries and trials there are, in which order, with which seeds. A function of the
 * date, the configuration and the budget alone: never of the clock, the machine or an earlier night. So a night can be planned
 * again from its date, and shards agree on who does what without talking to each other.
 *
 * How many trials there are follows from the budget and from how long each takes by rule of thumb. Where the machine is slower
 * than that, hunting gives way first, as it comes last.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NIGHT_ITEMS_MAX, type NightItem, type NightItemKind, NOTHING_MEASURED } from '../../history/night-records.ts';
import { below, draws, shuffled } from '../../seed/draw.ts';
import { CORPUS_DIRECTORY, readCorpus } from '../corpus.ts';
import { InputError } from '../input-error.ts';
import { type CompleteSpec, parseSpec, type SpecInput } from '../spec.ts';
import type { Canary, Matrix, NightlyConfig } from './config.ts';

/** One thing to do. `estimateMs` is what is set aside for it; after `limitMs` it is stopped, as it hangs. */
export type PlanItem = CorpusItem | CanaryItem | TrialItem | HuntItem;

interface Planned {
  readonly id: string;
  readonly kind: NightItemKind;
  readonly title: string;
  readonly seed: number | null;
  readonly estimateMs: number;
  readonly limitMs: number;
}

export interface CorpusItem extends Planned {
  readonly kind: 'corpus';
  readonly directory: string;
  readonly entry: string;
}

export interface CanaryItem extends Planned {
  readonly kind: 'canary';
  readonly canary: Canary;
  readonly seed: number;
  readonly tries: number;
}

export interface TrialItem extends Planned {
  readonly kind: 'trial';
  readonly seed: number;
  readonly spec: CompleteSpec;
}

export interface HuntItem extends Planned {
  readonly kind: 'hunt';
  readonly seed: number;
  readonly bugs: readonly string[];
  /** Virtual milliseconds of each trial. */
  readonly timeMs: number;
  readonly finds: number;
}

export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

export interface Plan {
  readonly date: string;
  /** Of the whole night; a shard has its part of it. */
  readonly budgetMs: number;
  readonly bugs: readonly string[];
  readonly items: readonly PlanItem[];
  /** Twelve hexadecimal digits over everything above. */
  readonly hash: string;
}

const CORPUS_ESTIMATE_MS = 1500;
const SIMULATED_CANARY_ESTIMATE_MS = 5000;
const CANARY_TRIAL_MS = 8000;
/** A trial on processes takes this much longer than clients run: starting, healing, last reads, judging, its page. */
const PROCESSES_EXTRA_MS = 7000;
const SIMULATED_TRIAL_ESTIMATE_MS = 4000;
/** What a trial may take beyond its estimate before it counts as hanging. */
const SLACK_MS = 120_000;
const CANARY_TRIES = { simulator: 200, processes: 3 } as const;
/** Short enough to type, as those of `ordeal run`. */
const SEEDS = 1_000_000_000;
/** Seeds between the hunts of two shards: more than any of them gets through. */
const SHARD_STRIDE = 100_000_000;

/** Plans a night. Throws InputError for a matrix that makes no sense, or a budget that no trial fits into. */
export function planNight(
  config: NightlyConfig,
  { date, bugs }: { readonly date: string; readonly bugs: readonly string[] },
): Plan {
  const day = Number(date.replaceAll('-', ''));
  const budgetMs = config.budget;
  const first = [...corpusItems(config), ...canaryItems(config, day)];
  const spent = first.reduce((sum, { estimateMs }) => sum + estimateMs, 0);
  const room = budgetMs * (1 - config.hunt.share) - spent;
  const items: PlanItem[] = [...first, ...trialItems(config.matrices, day, bugs, room)];
  if (config.hunt.share > 0) items.push(huntItem(config, day, bugs));
  if (items.length > NIGHT_ITEMS_MAX)
    throw new InputError(`the plan has ${items.length} items, more than ${NIGHT_ITEMS_MAX}: give it a smaller budget`);
  const hash = createHash('sha256').update(JSON.stringify([date, budgetMs, bugs, items.map(withoutPaths)]));
  return { date, budgetMs, bugs, items, hash: hash.digest('hex').slice(0, 12) };
}

/**
 * The part of a plan that one of several machines does: every n-th regression and trial, so that a matrix is spread evenly; every
 * canary, as a shard's green means nothing if its own checkers sleep; and a hunt over seeds of its own.
 */
export function shardOf(plan: Plan, { index, count }: Shard): Plan {
  const turns = { corpus: 0, trial: 0 };
  const items = plan.items.flatMap((item): PlanItem[] => {
    switch (item.kind) {
      case 'canary':
        return [item];
      case 'hunt':
        return [{ ...item, seed: item.seed + (index - 1) * SHARD_STRIDE }];
      default:
        return turns[item.kind]++ % count === index - 1 ? [item] : [];
    }
  });
  return { ...plan, items };
}

/** An item of the plan before it ran. */
export function unrun(item: PlanItem, shard: Shard | null): NightItem {
  return {
    id: item.id,
    kind: item.kind,
    title: item.title,
    shard: shard?.index ?? null,
    state: 'waiting',
    outcome: null,
    sentence: '',
    fingerprint: null,
    trial: null,
    seed: item.seed,
    report: null,
    bundle: null,
    again: null,
    startedAt: null,
    wallMs: null,
    measures: NOTHING_MEASURED,
  };
}

function corpusItems({ corpus }: NightlyConfig): CorpusItem[] {
  if (corpus === null) return [];
  const directory = corpus === 'default' ? ownCorpus() : corpus;
  if (directory === null) return [];
  return readCorpus(directory).map(({ name, spec }) => ({
    id: `corpus/${name}`,
    kind: 'corpus',
    title: spec.bugs.length === 0 ? `stays mended: ${name}` : `is still found: ${name}`,
    seed: spec.seed,
    directory,
    entry: name,
    estimateMs: CORPUS_ESTIMATE_MS,
    limitMs: SLACK_MS,
  }));
}

/** The corpus in Ordeal's own repository; null where only the package is installed. */
function ownCorpus(): string | null {
  const directory = fileURLToPath(new URL(`../../${CORPUS_DIRECTORY}`, import.meta.url));
  return existsSync(directory) ? directory : null;
}

function canaryItems({ canaries }: NightlyConfig, day: number): CanaryItem[] {
  const items = canaries.map((canary): CanaryItem => {
    const { bug, world, by } = canary;
    const tries = canary.tries ?? CANARY_TRIES[world];
    return {
      id: `canary/${world}/${bug}/${by}`,
      kind: 'canary',
      title: `${bug} must be caught by ${by} (${world})`,
      canary,
      seed: below(draws(day, `nightly.canary.${bug}`)(), SEEDS),
      tries,
      estimateMs: world === 'simulator' ? SIMULATED_CANARY_ESTIMATE_MS : CANARY_TRIAL_MS + PROCESSES_EXTRA_MS,
      limitMs: world === 'simulator' ? SLACK_MS : tries * (CANARY_TRIAL_MS + PROCESSES_EXTRA_MS) + SLACK_MS,
    };
  });
  return withoutTwins(items, 'canary');
}

/** What a canary runs on processes. */
export function canarySpec({ canary, seed }: CanaryItem, attempt: number): CompleteSpec {
  return parseSpec({
    seed: seed + attempt,
    bugs: [canary.bug],
    faults: canary.faults,
    timeMs: CANARY_TRIAL_MS,
    nodes: 3,
    recoveryMs: 10_000,
  });
}

/** A cell of a matrix: everything of a trial but its seed. */
interface Cell {
  readonly name: string;
  readonly matrix: Matrix;
  readonly spec: Omit<SpecInput, 'seed'>;
}

function cellsOf(matrix: Matrix, bugs: readonly string[]): Cell[] {
  const cells: Cell[] = [];
  for (const workload of matrix.workloads)
    for (const faults of matrix.faults)
      for (const nodes of matrix.nodes)
        for (const reads of matrix.reads) {
          const under = faults.length === 0 ? 'none' : faults.join('+');
          cells.push({
            name: `${matrix.name}/${workload}/${under}/${nodes}n${reads === 'lease' ? '/lease' : ''}`,
            matrix,
            spec: {
              world: matrix.world,
              workload,
              faults: [...faults],
              nodes,
              reads,
              timeMs: matrix.time,
              clients: matrix.clients,
              ratePerSecond: matrix.rate,
              bugs: [...bugs],
            },
          });
        }
  return cells;
}

/** Trials of each cell in turn, the order of the cells drawn anew for every round, until the room is used up. */
function trialItems(matrices: readonly Matrix[], day: number, bugs: readonly string[], room: number): TrialItem[] {
  const cells = withoutTwins(
    matrices.flatMap((matrix) => cellsOf(matrix, bugs)).map((cell) => ({ ...cell, id: cell.name })),
    'matrix cell',
  );
  const order = draws(day, 'nightly.order');
  const items: TrialItem[] = [];
  let left = room;
  const last = Math.max(0, ...cells.map(({ matrix }) => matrix.seeds ?? 0));
  for (let round = 0; round < Math.max(1, last) || left > 0; round++) {
    const before = items.length;
    for (const cell of shuffled(order, round, cells)) {
      const fixed = cell.matrix.seeds !== null;
      if (fixed ? round >= (cell.matrix.seeds ?? 0) : left < estimateOf(cell)) continue;
      const item = trialItem(cell, day, round);
      items.push(item);
      left -= item.estimateMs;
    }
    // Nothing fits any more.
    if (items.length === before || items.length > NIGHT_ITEMS_MAX) break;
  }
  if (items.length === 0 && cells.length > 0)
    throw new InputError(
      'the budget has no room for a single trial beside regressions, canaries and hunt: give --budget more, ' +
        'or the matrices a shorter time',
    );
  return items;
}

function estimateOf({ matrix }: Cell): number {
  return matrix.world === 'simulator' ? SIMULATED_TRIAL_ESTIMATE_MS : matrix.time + PROCESSES_EXTRA_MS;
}

function trialItem(cell: Cell, day: number, round: number): TrialItem {
  const seed = below(draws(day, `nightly.trial.${cell.name}`)(round), SEEDS);
  const spec = parseSpec({ ...cell.spec, seed });
  const estimateMs = estimateOf(cell);
  return {
    id: `trial/${cell.name}/s${seed}`,
    kind: 'trial',
    title: `${spec.workload} under ${spec.faults.join(', ') || 'no faults'}`,
    seed,
    spec,
    estimateMs,
    limitMs: estimateMs + spec.check.timeMs + spec.recoveryMs + SLACK_MS,
  };
}

function huntItem({ hunt }: NightlyConfig, day: number, bugs: readonly string[]): HuntItem {
  return {
    id: 'hunt',
    kind: 'hunt',
    title: 'hunting in the simulator with what remains',
    seed: draws(day, 'nightly.hunt')(),
    bugs,
    timeMs: hunt.time,
    finds: hunt.finds,
    estimateMs: 0,
    limitMs: Number.MAX_SAFE_INTEGER,
  };
}

/** Throws InputError where two have one name: their results could not be told apart. */
function withoutTwins<T extends { readonly id: string }>(items: readonly T[], what: string): T[] {
  const seen = new Set<string>();
  for (const { id } of items) {
    if (seen.has(id))
      throw new InputError(`the configuration has the ${what} ${id} twice: give matrices names of their own`);
    seen.add(id);
  }
  return [...items];
}

/** The same on every machine, wherever the repository lies. */
function withoutPaths(item: PlanItem): object {
  return item.kind === 'corpus' ? { ...item, directory: undefined } : item;
}
