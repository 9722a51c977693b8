/** A small model of a cluster under faults: correct clients, what nodes report, messages, logs. All draws are keyed. */

import type { Json, Operation, OperationOutcome } from '../../history/operation.ts';
import type { FaultRecord, LogLine, MessageRecord, NodeEvent } from '../../history/trial-records.ts';
import { below, between, chance, draws } from '../../seed/draw.ts';

export const MS = 1e6;
export const NODES = ['n1', 'n2', 'n3', 'n4', 'n5'] as const;

interface Background {
  readonly seed: number;
  readonly durationMs: number;
  readonly clients: number;
  readonly keys: number;
  readonly faults: readonly FaultRecord[];
  /** Operations stop being sent to these nodes' side within a fault: they time out. */
  readonly timeoutsDuring: readonly FaultRecord[];
}

export type Draft = Omit<Operation, 'index'>;

/** Correct clients of a correct store: each operation takes effect at a drawn moment between its call and its answer. */
export function background({ seed, durationMs, clients, keys, timeoutsDuring }: Background): Draft[] {
  const draw = draws(seed, 'fixture.operation');
  interface Planned extends Draft {
    readonly effectAt: number;
    readonly cas: boolean;
  }
  const planned: Planned[] = [];
  let nextProcess = clients;
  for (let thread = 0; thread < clients; thread++) {
    let process = thread;
    let at = between(draw(thread, 0, 1), 0, 40) * MS;
    for (let i = 1; at < durationMs * MS; i++) {
      const node = NODES[below(draw(thread, i, 2), NODES.length)] ?? 'n1';
      const hit = timeoutsDuring.some(
        (fault) => fault.targets.includes(node) && fault.startedAt <= at && at < (fault.endedAt ?? durationMs * MS),
      );
      const outcome: OperationOutcome = hit ? (chance(draw(thread, i, 3), 300_000) ? 'fail' : 'info') : 'ok';
      const latency = hit
        ? outcome === 'fail'
          ? between(draw(thread, i, 4), 100_000, 900_000)
          : 1000 * MS
        : between(draw(thread, i, 5), 1_200_000, 4_000_000) + (chance(draw(thread, i, 6), 20_000) ? 40 * MS : 0);
      const kind = below(draw(thread, i, 7), 100);
      const f = kind < 50 ? 'read' : kind < 88 ? 'write' : 'cas';
      planned.push({
        process,
        f,
        key: `k${below(draw(thread, i, 8), keys)}`,
        value: f === 'read' ? null : f === 'write' ? thread * 100_000 + i : [0, thread * 100_000 + i],
        outcome,
        result: null,
        error: outcome === 'ok' ? null : outcome === 'fail' ? `${node} refused the connection` : 'timeout after 1 s',
        invokedAt: at,
        completedAt: at + latency,
        node,
        effectAt: outcome === 'ok' ? at + below(draw(thread, i, 9), latency) : -1,
        cas: f === 'cas',
      });
      if (outcome === 'info') process = nextProcess++;
      at += latency + between(draw(thread, i, 10), 2, 60) * MS;
    }
  }
  const state = new Map<string, number>();
  const out = new Map<Planned, Draft>();
  for (const plan of [...planned].sort((a, b) => a.effectAt - b.effectAt)) {
    const { effectAt, cas, ...draft } = plan;
    const key = draft.key ?? '';
    const current = state.get(key) ?? null;
    if (effectAt < 0) out.set(plan, draft);
    else if (draft.f === 'read') out.set(plan, { ...draft, result: current });
    else {
      const written = cas ? (draft.value as readonly number[])[1] : (draft.value as number);
      state.set(key, written as number);
      out.set(plan, cas ? { ...draft, value: [current, written as number], result: null } : draft);
    }
  }
  return planned.map((plan) => out.get(plan) as Draft);
}

/** Numbers operations in order of invocation. */
export function indexed(drafts: readonly Draft[]): Operation[] {
  return [...drafts]
    .sort((a, b) => a.invokedAt - b.invokedAt || a.process - b.process)
    .map((draft, index) => ({ index, ...draft }));
}

export interface Reign {
  readonly node: string;
  readonly term: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What nodes report: a status every 100 ms, with the leaders as given; a paused or cut-off leader goes on believing. */
export function nodeEvents(
  seed: number,
  durationMs: number,
  reigns: readonly Reign[],
  faults: readonly FaultRecord[],
): NodeEvent[] {
  const draw = draws(seed, 'fixture.node');
  const events: NodeEvent[] = [];
  NODES.forEach((node, n) => {
    const down = faults.filter((fault) => fault.kind === 'kill' && fault.targets.includes(node));
    const frozen = faults.filter((fault) => fault.kind === 'pause' && fault.targets.includes(node));
    const skewed = faults.filter((fault) => fault.kind === 'clock' && fault.targets.includes(node));
    const event = (ms: number, kind: NodeEvent['kind'], detail: Json): void => {
      const reign = reigns.find((one) => one.node === node && one.fromMs <= ms && ms < one.toMs);
      const known = reigns.filter((one) => one.fromMs <= ms).reduce((term, one) => Math.max(term, one.term), 1);
      const behind = below(draw(n, ms), 4);
      const commitIndex = Math.max(0, Math.floor(ms * 1.4) - behind);
      const silent = kind === 'exited';
      events.push({
        at: Math.round(ms * MS),
        node,
        kind,
        role: silent ? null : reign !== undefined ? 'leader' : 'follower',
        term: silent ? null : (reign?.term ?? known),
        commitIndex: silent ? null : commitIndex,
        appliedIndex: silent ? null : Math.max(0, commitIndex - 1),
        detail,
      });
    };
    event(n, 'started', { pid: 4000 + n });
    for (let ms = 60 + n; ms < durationMs; ms += 100) {
      const at = ms * MS;
      const within = (fault: FaultRecord): boolean =>
        fault.startedAt <= at && at < (fault.endedAt ?? Number.POSITIVE_INFINITY);
      if (down.some(within) || frozen.some(within)) continue;
      const skew = skewed.find(within);
      event(ms, 'status', { clockOffsetNs: skew === undefined ? below(draw(n, ms, 1), 40_000) : 1200 * MS });
    }
    for (const fault of down) {
      event(fault.startedAt / MS, 'exited', { signal: 'SIGKILL', asked: true });
      if (fault.endedAt !== null) event(fault.endedAt / MS, 'started', { pid: 5000 + n });
    }
    for (const fault of frozen) {
      event(fault.startedAt / MS, 'paused', null);
      if (fault.endedAt !== null) event(fault.endedAt / MS, 'resumed', null);
    }
    for (const fault of skewed) {
      event(fault.startedAt / MS, 'clock', { offsetNs: 1200 * MS, ratePpm: 0 });
      if (fault.endedAt !== null) event(fault.endedAt / MS, 'clock', { offsetNs: 0, ratePpm: 0 });
    }
  });
  return events.sort((a, b) => a.at - b.at);
}

export function fault(
  index: number,
  kind: string,
  targets: readonly string[],
  fromMs: number,
  toMs: number | null,
  summary: string,
  effect: Json,
  bit = true,
): FaultRecord {
  return {
    index,
    kind,
    targets,
    startedAt: fromMs * MS,
    endedAt: toMs === null ? null : toMs * MS,
    asked: { summary, drawn: { targets } },
    effect: { atBegin: null, whileItLasted: effect },
    bit,
  };
}

/** Heartbeats between the leader and the others, some lost within a partition, some late, some twice. */
export function messages(
  seed: number,
  fromMs: number,
  toMs: number,
  cutOff: readonly string[],
  cutFromMs: number,
  cutToMs: number,
): MessageRecord[] {
  const draw = draws(seed, 'fixture.message');
  const records: MessageRecord[] = [];
  let id = 0;
  for (let ms = fromMs; ms < toMs; ms += 20)
    for (const from of ['n1', 'n2']) {
      if (from === 'n2' && (ms < cutFromMs || ms > cutToMs)) continue;
      for (const to of NODES) {
        if (to === from) continue;
        id += 1;
        const lost = ms >= cutFromMs && ms < cutToMs && cutOff.includes(from) !== cutOff.includes(to);
        const sentAt = ms * MS + below(draw(id, 0), 400_000);
        const record = {
          id,
          from,
          to,
          type: chance(draw(id, 1), 120_000) ? 'AppendEntries' : 'Heartbeat',
          term: from === 'n1' ? 5 : 4,
          sentAt,
          arrivedAt: lost
            ? null
            : sentAt + between(draw(id, 2), 300_000, 1_400_000) + (chance(draw(id, 3), 20_000) ? 60 * MS : 0),
          detail: { commit: Math.floor(ms * 1.4) },
        };
        records.push(record);
        if (!lost && chance(draw(id, 4), 15_000))
          records.push({ ...record, arrivedAt: (record.arrivedAt ?? 0) + 4 * MS });
      }
    }
  return records;
}

export function logs(faults: readonly FaultRecord[]): LogLine[] {
  const lines: LogLine[] = [];
  for (const { kind, targets, startedAt, endedAt } of faults)
    for (const node of targets) {
      lines.push({
        at: startedAt + 180 * MS,
        node,
        level: 'warn',
        text: `no heartbeat from a majority for 180 ms (${kind})`,
      });
      lines.push({ at: startedAt + 310 * MS, node, level: 'info', text: 'election timeout, asking for pre-votes' });
      if (endedAt !== null)
        lines.push({
          at: endedAt + 12 * MS,
          node,
          level: 'info',
          text: 'heard from the leader of term 5, following it',
        });
    }
  return lines.sort((a, b) => a.at - b.at);
}
