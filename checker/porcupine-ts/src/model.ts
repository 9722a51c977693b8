/**
 * A model says what a system is allowed to do: a record of pure functions over a sequential specification. The checker
 * relies on three things. `step` depends on nothing but its arguments and changes none of them. Two states with the same
 * `key` allow the same futures. An operation whose partition differs from another's never affects it.
 */

import type { Attempt } from './attempt.ts';
import type { Causes } from './impossible-result.ts';
import type { Memory } from './memory.ts';
import type { CheckOperation } from './operation.ts';
import type { Relaxation, Search } from './search.ts';
import type { Timeline } from './timeline.ts';

/** Data as JSON has it: what inputs, outputs and values of the built-in models are made of. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value };

/** On a model whose functions are known to be sound, or are watched (`usable-model.ts`). */
export const VETTED: unique symbol = Symbol('vetted');

export interface Model<State, Input, Output> {
  readonly name: string;
  readonly [VETTED]?: true;

  /** The state before any operation. Never undefined. If it is null or a boolean, so may other states be. */
  init(): State;

  /**
   * The state after the operation, or undefined where the operation can't give this output in this state. An undefined
   * output means that nobody knows what was answered: the step must then allow whatever answer the state leads to.
   */
  step(state: State, input: Input, output: Output | undefined): State | undefined;

  /** Equal for equal states, and for no others. */
  key(state: State): string | number;

  /**
   * `init` and `step` once more, on a state of its own that it changes in place: says of one operation after another whether it
   * is allowed, and is asked no more once one is not. For the verifier, where states are large and `step` copies them.
   */
  replay?(): (input: Input, output: Output | undefined) => boolean;

  /**
   * What is wrong with an operation that makes no sense to the model, and what was expected, for people; else undefined. Such an
   * operation is refused: whatever `step` made of it, it would mean nothing.
   */
  misfit?(input: unknown, output: unknown): string | undefined;

  /** Splits a history into parts that are linearizable or not independently of each other (Herlihy and Wing, locality). */
  partition?(operations: readonly CheckOperation<Input, Output>[]): readonly Partition<Input, Output>[];

  /**
   * True if an operation with this output changes no state in which it is allowed: a read, a compare-and-set that did
   * not match. The checker then needs to try it at one place only. When in doubt, false.
   */
  observes?(input: Input, output: Output | undefined): boolean;

  /**
   * Operations with the same effect are interchangeable in every state: two writes of 5. Undefined: like no other. Only
   * the one that returns first is tried.
   */
  effect?(input: Input, output: Output | undefined): string | undefined;

  /**
   * For explanations: what the writer may have given the reader (a value, as text), or undefined if nothing. A core that
   * shows a read shows one writer of each thing it was given, too, if the history has one.
   */
  provides?(writer: Operand<Input, Output>, reader: Operand<Input, Output>): string | undefined;

  /**
   * For explanations: a part of what a history says, which no order explains either, and which fewer operations show. Null if it
   * knows of none.
   * @param operations in order of call
   * @param stuck position of one that no order gets past
   * @param isViolation whether it is known that no order explains them: then it is worth a longer look
   */
  focus?(
    operations: readonly CheckOperation<Input, Output>[],
    stuck: number,
    isOver: () => boolean,
    isViolation: boolean,
  ): Focus<Input, Output> | null;

  /**
   * For explanations of long histories: states, the initial one among them, such that whatever the state is before these
   * operations, one of these allows all that it allows. Undefined where that can't be told.
   */
  cutStates?(operations: readonly CheckOperation<Input, Output>[]): readonly State[] | undefined;

  /**
   * For explanations, too: the state after an operation with this answer, where it is the same whatever it was before. Undefined
   * where it is not.
   */
  stateAfter?(input: Input, output: Output | undefined): State | undefined;

  /**
   * A quick attempt at a history, before anything is laid out for a search. Null where a search must tell: the history is
   * not easy, or not in order of call. What it takes of the memory is wiped afterwards.
   */
  attempt?(
    operations: readonly CheckOperation<Input, Output>[],
    memory: Memory,
    interrupted: () => boolean,
  ): Attempt | null;

  /** For a look at a history that is not easy: whether an operation answered what nobody can have caused. */
  causes?(): Causes<Input, Output>;

  /** A specialised search for histories of some shape, or null where the general one has to do. */
  specialised?(timeline: Timeline<Input, Output>, relaxation?: Relaxation<State>): Search | null;

  /** The specialised search wants to know what operations answered that may be left out. */
  readonly recallsAnswers?: true;

  /** The specialised search, as it is made, refuses what `misfit` tells, so that nobody needs to ask before. */
  readonly searchRefusesMisfits?: true;

  /** For people: `read → 3`. */
  describe?(input: Input, output: Output | undefined): string;

  /** For people: `5`. */
  describeState?(state: State): string;
}

/** A model that compares states in place of naming each by a key. */
export interface ModelByEquality<State, Input, Output> extends Omit<Model<State, Input, Output>, 'key'> {
  readonly key?: undefined;

  /** Whether two states are the same: whether they allow the same futures. */
  equal(a: State, b: State): boolean;

  /** The same for equal states; without it each state is compared with all that there were. */
  hash?(state: State): string | number;
}

/** As it may be given to a check. */
export type GivenModel<State, Input, Output> = Model<State, Input, Output> | ModelByEquality<State, Input, Output>;

export interface Focus<Input, Output> {
  /** Some of the operations, with answers that say less: an order that explains the given ones explains these. */
  readonly operations: readonly CheckOperation<Input, Output>[];
  /** What they still say of the state, for people: `whether it has 3`. Null if none of them says less than before. */
  readonly about: string | null;
}

export interface Operand<Input, Output> {
  readonly input: Input;
  readonly output: Output | undefined;
}

export interface Partition<Input, Output> {
  /** What its operations have in common, for people: the key they act on. */
  readonly key: string;
  readonly operations: readonly CheckOperation<Input, Output>[];
}

/** Partitions by a key that every input has. Order of first appearance. */
export const partitionBy =
  <Input, Output>(keyOf: (input: Input) => string) =>
  (operations: readonly CheckOperation<Input, Output>[]): readonly Partition<Input, Output>[] => {
    const byKey = new Map<string, CheckOperation<Input, Output>[]>();
    for (const operation of operations) {
      const key = keyOf(operation.input);
      const part = byKey.get(key);
      if (part === undefined) byKey.set(key, [operation]);
      else part.push(operation);
    }
    return Array.from(byKey, ([key, part]) => ({ key, operations: part }));
  };

/**
 * Partitions by keys of which an input may have several: those that occur in one input belong together, and so on
 * transitively. An input without keys says nothing and goes with the empty key.
 */
export const partitionByConnected =
  <Input, Output>(keysOf: (input: Input) => readonly string[]) =>
  (operations: readonly CheckOperation<Input, Output>[]): readonly Partition<Input, Output>[] => {
    const parents = new Map<string, string>();
    const rootOf = (key: string): string => {
      let root = key;
      for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent;
      if (root !== key) parents.set(key, root);
      return root;
    };
    const names = new Map<string, Set<string>>();
    for (const { input } of operations) {
      const keys = keysOf(input);
      for (let at = 1; at < keys.length; at++) {
        const first = rootOf(keys[0]!);
        const other = rootOf(keys[at]!);
        if (first !== other) parents.set(other, first);
      }
    }
    const parts = partitionBy<Input, Output>((input) => rootOf(keysOf(input)[0] ?? ''))(operations);
    if (parents.size === 0) return parts;
    for (const key of [...parents.keys(), ...parts.map((part) => part.key)]) {
      const root = rootOf(key);
      names.set(root, (names.get(root) ?? new Set()).add(key));
    }
    return parts.map((part) => ({ ...part, key: [...(names.get(part.key) ?? [part.key])].sort().join(', ') }));
  };

export const describeOperation = <S, I, O>(model: Model<S, I, O>, input: I, output: O | undefined): string =>
  model.describe?.(input, output) ?? `${text(input)} → ${output === undefined ? '?' : text(output)}`;

export const describeState = <S, I, O>(model: Model<S, I, O>, state: S): string =>
  model.describeState?.(state) ?? text(state);

const text = (value: unknown): string => {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 200 ? `${json.slice(0, 200)}… (${json.length} characters)` : json;
};
