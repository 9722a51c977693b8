/** Random small histories of queues, sets, counters, locks and transactions: carried out by a real object, or by one that errs. */

import fc from 'fast-check';
import type { Json, Operation } from '../../history/operation.ts';

export interface Call {
  readonly f: string;
  readonly value: Json;
  readonly key?: string;
}

/** A real object, and how its clients use it. */
export interface Kind {
  readonly model: string;
  /** Where a model has several. */
  readonly name?: string;
  readonly initial: Json;
  /** What the n-th operation asks for; `choice` and `value` were drawn. */
  readonly call: (choice: number, value: number, n: number, process: number) => Call;
  /** Carries calls out, one after the other, and answers them. A number that was drawn: it errs, in one way or another. */
  readonly object: () => (call: Call, process: number, error: number | null) => Json;
}

export interface DrawnCall {
  readonly choice: number;
  readonly value: number;
  readonly process: number;
  readonly wait: number;
  readonly length: number;
  /** Where in the interval it takes effect, in thousandths. */
  readonly when: number;
  readonly fate: 'ok' | 'info' | 'fail';
  readonly error: number | null;
}

export const drawnCalls = (most: number): fc.Arbitrary<DrawnCall[]> =>
  fc.array(
    fc.record({
      choice: fc.nat(9),
      value: fc.nat(99),
      process: fc.nat(3),
      wait: fc.nat(6),
      length: fc.nat(12),
      when: fc.nat(999),
      fate: fc.constantFrom<'ok' | 'info' | 'fail'>('ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'info', 'fail'),
      error: fc.option(fc.nat(99), { freq: 8 }),
    }),
    { minLength: 2, maxLength: most },
  );

/** What clients see: one process does one thing at a time. If the object does not err it has an order by construction. */
export function lived(kind: Kind, drawn: readonly DrawnCall[], errs: boolean): Operation[] {
  const free = [0, 0, 0, 0];
  const names = [0, 1, 2, 3];
  const timed = drawn.map((one, n) => {
    const start = (free[one.process] ?? 0) + one.wait;
    free[one.process] = start + one.length + 1;
    const process = names[one.process] ?? 0;
    // An unknown outcome retires the name.
    if (one.fate === 'info') names[one.process] = 4 + n;
    return { ...one, n, start, name: process, call: kind.call(one.choice, one.value, n, process) };
  });
  const answers = new Map<number, Json>();
  const carryOut = kind.object();
  const at = (one: (typeof timed)[number]): number => one.start + (one.length * one.when) / 1000;
  for (const one of [...timed].sort((a, b) => at(a) - at(b) || a.n - b.n))
    if (one.fate !== 'fail' && (one.fate === 'ok' || one.value % 2 === 0))
      answers.set(one.n, carryOut(one.call, one.name, errs ? one.error : null));
  return timed
    .sort((a, b) => a.start - b.start || a.n - b.n)
    .map(({ n, name, call, fate, start, length }, index) => {
      const answer = answers.get(n) ?? null;
      return {
        index,
        process: name,
        f: call.f,
        key: call.key ?? null,
        value: call.value,
        outcome: fate,
        result: fate === 'ok' ? answer : null,
        error: fate === 'ok' ? null : 'connection lost',
        invokedAt: start,
        completedAt: fate === 'info' ? null : start + length,
        node: null,
      };
    });
}

const putAndTake = (model: string, put: string, take: string, next: (held: readonly Json[]) => number): Kind => ({
  model,
  initial: null,
  call: (choice, value, n) =>
    choice < 5
      ? { f: put, value: 1 + (value < 90 ? (n * 7) % 23 : value % 3) }
      : { f: choice === 9 ? 'peek' : take, value: null },
  object: () => {
    const held: Json[] = [];
    const gone: Json[] = [];
    return ({ f, value }, _, error) => {
      const kind = error === null ? -1 : error % 5;
      if (f === put) {
        // Acknowledged, and forgotten.
        if (kind !== 0) held.push(value);
        return null;
      }
      if (kind === 1) return null;
      if (kind === 2 && gone.length > 0) return gone[(error ?? 0) % gone.length] ?? null;
      const at = kind === 3 ? (error ?? 0) % Math.max(1, held.length) : next(held);
      const answer = held[at] ?? null;
      if (f === take && held.length > 0 && kind !== 4) gone.push(...held.splice(at, 1));
      return kind === 2 && (error ?? 0) > 90 ? 99 : answer;
    };
  },
});

const least = (held: readonly Json[]): number =>
  held.reduce<number>((best, one, at) => ((one as number) < (held[best] as number) ? at : best), 0);

const lock = (model: string, permits: number): Kind => ({
  model,
  initial: model === 'semaphore' ? permits : null,
  // An owner that several clients go by may be releasing while another of them acquires.
  call: (choice, value) => ({
    f: choice < 5 ? 'acquire' : 'release',
    value: model === 'mutex' && value % 3 > 0 ? `owner ${value % 2}` : null,
  }),
  object: () => {
    const holders: Json[] = [];
    return ({ f, value }, process, error) => {
      const owner = value ?? process;
      const at = model === 'mutex' ? holders.indexOf(owner) : holders.length - 1;
      const may = f === 'acquire' ? holders.length < permits : at >= 0;
      if (error === null ? !may : may) return false;
      if (f === 'acquire') holders.push(owner);
      else holders.splice(Math.max(0, at), 1);
      return true;
    };
  },
});

const KEYS = ['x', 'y', 'z'];
type Step = readonly ['r' | 'w', string, Json];

/** Steps of a store, asked for one by one or several at once. */
function storeCall(choice: number, drawn: number, n: number): Call {
  const step = (k: number): readonly [string, string, ...Json[]] => {
    const key = KEYS[(drawn + k) % 3] ?? 'x';
    const what = (choice + drawn * (k + 1)) % 9;
    if (what < 4) return ['get', key];
    if (what < 7) return ['put', key, drawn % 6 > 0 ? 10 * n + k : k];
    return what < 8 ? ['cas', key, null, 10 * n + k] : ['delete', key];
  };
  if (choice > 3) return { f: 'txn', value: [step(0), step(1), step(2)].slice(0, 1 + (drawn % 3)) };
  const [f, key, ...given] = step(0);
  return { f, key, value: f === 'cas' ? given : (given[0] ?? null) };
}

const store = (): ReturnType<Kind['object']> => {
  const versions: Map<string, Json>[] = [new Map()];
  return ({ f, key, value }, _, error) => {
    const now = versions.at(-1) ?? new Map<string, Json>();
    const old = versions[Math.max(0, versions.length - 1 - ((error ?? 0) % 4))] ?? now;
    const next = new Map(now);
    const steps =
      f === 'txn' ? (value as readonly Json[][]) : [[f, key ?? '', ...(Array.isArray(value) ? value : [value])]];
    const answers = steps.map(([name, of, given = null, to = null], i): Json => {
      const at = String(of);
      const seen = (error !== null && (error >> (2 + i)) % 2 === 0 ? old : next).get(at) ?? null;
      if (name === 'get') return seen;
      if (name === 'cas') {
        if (seen !== given) return false;
        next.set(at, to);
        return true;
      }
      if (error === null || (error + i) % 3 > 0) next.set(at, name === 'put' ? given : null);
      return null;
    });
    // A transaction that did not match in all its steps does nothing.
    const isAborted = f === 'txn' && answers.includes(false);
    if (!isAborted) versions.push(next);
    return f !== 'txn' ? (answers[0] ?? null) : isAborted ? 'aborted' : answers;
  };
};

/** A text that is put, appended to and compared; pieces are mostly unlike, and no piece begins another. */
const growing: Kind = {
  model: 'kv',
  name: 'kv, of texts that grow',
  initial: null,
  call: (choice, value, n) => {
    const piece = `${value % 9 === 0 ? value % 3 : n + 3};`;
    if (choice < 4) return { f: 'get', key: 'k', value: null };
    if (choice < 8) return { f: 'append', key: 'k', value: piece };
    if (choice < 9)
      return { f: value % 5 === 0 ? 'delete' : 'put', key: 'k', value: value % 5 === 0 ? null : `=${piece}` };
    return { f: 'cas', key: 'k', value: [value % 2 === 0 ? null : `=${n + 2};`, `=${piece}`] };
  },
  object: () => {
    let texts: (string | null)[] = [null];
    return ({ f, value }, process, error) => {
      const now = texts.at(-1) ?? null;
      const old = texts[Math.max(0, texts.length - 1 - ((error ?? 0) % 4))] ?? null;
      const kind = error === null ? -1 : error % 5;
      const pieces = (now ?? '').split(/(?<=;)/);
      if (f === 'get') {
        if (kind === 0) return old;
        return kind === 1 ? `${now ?? ''}99;` : kind === 2 ? [...pieces].reverse().join('') || null : now;
      }
      if (f === 'cas') {
        const [expected, to] = value as readonly [Json, string];
        if ((now === expected) !== (error === null)) return false;
        texts = [...texts, to];
        return true;
      }
      const grown = kind === 3 ? `${now ?? ''}${value}${value}` : `${kind === 4 ? (old ?? '') : (now ?? '')}${value}`;
      if (kind !== 0) texts = [...texts, f === 'append' ? grown : (value as string | null)];
      return f === 'append' && process % 2 === 0 ? (texts.at(-1) ?? null) : null;
    };
  },
};

/** Reads and writes of three registers, mostly of unlike values; some read what they write. */
function transaction(choice: number, drawn: number, n: number): Step[] {
  const steps: Step[] = [];
  for (const [i, key] of KEYS.entries()) {
    const what = (choice + drawn * (i + 1)) % 7;
    if (what < 3 || what === 5) steps.push(['r', key, null]);
    if (what === 3 || what === 5) steps.push(['w', key, drawn % 6 > 0 ? 10 * n + i : drawn % 4 > 0 ? i : null]);
  }
  if (drawn % 17 === 0) steps.push(['w', 'x', 10 * n + 5], ['w', 'x', 10 * n + 6]);
  if (steps.length === 0 || drawn % 11 === 0) steps.push(['r', 'y', null]);
  return steps;
}

export const KINDS: readonly Kind[] = [
  putAndTake('queue', 'enqueue', 'dequeue', () => 0),
  putAndTake('stack', 'push', 'pop', (held) => held.length - 1),
  putAndTake('priority-queue', 'insert', 'delete-min', least),
  {
    model: 'set',
    initial: null,
    call: (choice, value) => {
      if (choice > 6) return { f: 'read', value: null };
      return { f: choice < 4 ? 'add' : choice < 5 ? 'remove' : 'contains', value: value % 4 };
    },
    object: () => {
      const held = new Set<Json>();
      return ({ f, value }, _, error) => {
        const isThere = held.has(value);
        if (f === 'contains') return (error === null) === isThere;
        if (f === 'read') {
          const list = [...held];
          return error === null
            ? list
            : error % 3 === 0
              ? [...list, error % 4]
              : list.filter((_, i) => i !== error % 4);
        }
        if (error === null || error % 2 === 0) {
          if (f === 'add') held.add(value);
          else held.delete(value);
        }
        return (value as number) % 2 === 0 ? isThere !== (f === 'add') : null;
      };
    },
  },
  {
    model: 'counter',
    initial: 0,
    call: (choice, value) => {
      if (choice < 3) return { f: 'add', value: 1 + (value % 3) };
      if (choice < 5) return { f: choice < 4 && value % 3 === 0 ? 'dec' : 'add-and-get', value: 1 };
      return { f: 'read', value: null };
    },
    object: () => {
      let count = 0;
      return ({ f, value }, _, error) => {
        const amount = f === 'read' ? 0 : (value as number) * (f === 'dec' ? -1 : 1);
        const after = count + amount * (error === null ? 1 : error % 3);
        if (error === null || error % 2 === 0) count = after;
        return f === 'add' || f === 'dec' ? null : after + (f === 'read' && error !== null ? (error % 5) - 2 : 0);
      };
    },
  },
  lock('mutex', 1),
  lock('semaphore', 2),
  {
    model: 'multi-register',
    initial: null,
    call: (choice, value, n) => ({ f: 'txn', value: transaction(choice, value, n) }),
    object: () => {
      const versions: Map<string, Json>[] = [new Map()];
      return ({ value }, _, error) => {
        const now = versions.at(-1) ?? new Map<string, Json>();
        // What errs reads some registers, or all, as they were before, and may leave out what it should write.
        const old = versions[Math.max(0, versions.length - 1 - ((error ?? 0) % 4))] ?? now;
        const next = new Map(now);
        const own = new Set<string>();
        const answer = (value as readonly Step[]).map(([f, key, to], i): Json => {
          if (f === 'w') {
            if (error === null || (error + i) % 3 > 0) next.set(key, to);
            own.add(key);
            return [f, key, to];
          }
          const isOld = error !== null && (error >> (2 + i)) % 2 === 0;
          return [f, key, (isOld ? old : own.has(key) ? next : now).get(key) ?? null];
        });
        versions.push(next);
        return answer;
      };
    },
  },
  { model: 'kv', initial: null, call: storeCall, object: store },
  growing,
];
