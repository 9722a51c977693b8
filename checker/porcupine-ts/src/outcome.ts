/** What a check gives back. */

export type Outcome = 'pass' | 'violation' | 'unknown';

export interface CheckResult {
  /** violation if any part is one; else unknown if any part is undecided. */
  readonly outcome: Outcome;
  readonly model: string;
  readonly partitions: readonly PartitionResult[];
  readonly statistics: CheckStatistics;
}

export interface PartitionResult {
  /** The key its operations share; empty where the model does not partition. */
  readonly key: string;
  readonly outcome: Outcome;
  /** Which search decided, or was at work when it was stopped. */
  readonly method: string;
  readonly operations: number;
  /** Of a pass: ids in an order that explains the history, open operations that took effect included. */
  readonly linearization: readonly number[] | null;
  /** Of a violation; null in a partition that was not explained (see `explainMax`). */
  readonly violation: Violation | null;
  /** Of an unknown. */
  readonly unknown: UnknownReason | null;
  /** Largest number of operations open at once. */
  readonly concurrencyMax: number;
  /** Configurations visited. */
  readonly steps: number;
  readonly ms: number;
}

export interface Violation {
  /**
   * Ids, in order of call: a smallest sub-history found that no order explains, neither by itself nor with the help of the rest, and
   * with it what its answers rest on.
   */
  readonly core: readonly number[];
  /** The independent method that also rejects the core; null if it ran out of time, or if the rest of the history can mend it. */
  readonly confirmedBy: 'enumeration' | 'textbook search' | null;
  /**
   * Where that is enough, the part of the answers that the core rests on, for people: `whether it has 3`. Of what else they say, no
   * notice is taken: not in `longest`, either.
   */
  readonly about: string | null;
  /**
   * Where the core does not begin with the history but with an operation of it whose answer tells the state: that operation, and the
   * state after it, described. From there the others have no order, and from there it is confirmed, made minimal and told:
   * `longest` are orders of the others. Of these, what was called before that operation returned need not come after it.
   */
  readonly startsFrom: { readonly operation: number; readonly state: string } | null;
  /** True if it was shown that without any one of its operations (and what depends on it) the core is legal. */
  readonly minimal: boolean;
  /** The operation whose return no order of the whole partition gets past. */
  readonly stuckAt: number;
  /** The longest legal beginnings of an order of the core. None if one of it needs what was left out, and so would not be told truly. */
  readonly longest: readonly LegalPrefix[];
}

export interface LegalPrefix {
  readonly ids: readonly number[];
  /** The state it leads to, described. */
  readonly state: string;
  /** Each operation of the core that could come next by time, and why it can't. */
  readonly blocked: readonly { readonly id: number; readonly why: string }[];
}

export interface UnknownReason {
  readonly cause: 'time' | 'memory' | 'steps' | 'aborted' | 'not reached';
  /** One sentence: which limit was reached, and what made it hard. */
  readonly text: string;
  /** The second half of it. */
  readonly hardship: string;
  /** Ids of the operations open at the widest moment. */
  readonly widest: readonly number[];
  /** Ids of operations that never returned, or whose output is unknown: they are what makes it hard, mostly. At most 100. */
  readonly open: readonly number[];
}

export interface CheckStatistics {
  readonly operations: number;
  readonly partitions: number;
  readonly decided: number;
  readonly concurrencyMax: number;
  readonly steps: number;
  readonly ms: number;
}

export interface CheckLimits {
  /** Wall time for the whole check, explanations included; milliseconds. */
  readonly timeMs?: number;
  /** For the tables of the searches together. */
  readonly memoryBytes?: number;
  /** Configurations visited, over all partitions. */
  readonly stepsMax?: number;
}

/** @throws RangeError for a limit that would limit nothing: NaN, or less than zero */
export const validateLimits = (options: CheckOptions): void => {
  const { timeMs, memoryBytes, stepsMax, explainMax, explainMs, searchMs } = options;
  validateLimit('timeMs', timeMs);
  validateLimit('memoryBytes', memoryBytes);
  validateLimit('stepsMax', stepsMax);
  validateLimit('explainMax', explainMax);
  validateLimit('explainMs', explainMs);
  validateLimit('searchMs', searchMs);
};

const validateLimit = (name: keyof CheckOptions, value: number | undefined): void => {
  if (value !== undefined && !(typeof value === 'number' && value >= 0))
    throw new RangeError(`the limit ${name} is ${value}; expected a number from 0 on, or none`);
};

export interface CheckOptions extends CheckLimits {
  /** `check` is synchronous: one of its callbacks may abort it, a timer can't. In `checkInWorkers` both can. */
  readonly signal?: AbortSignal;
  /** Called about ten times a second at most. */
  readonly onProgress?: (progress: CheckProgress) => void;
  /** Called with each partition as soon as it is decided; violations are explained later. */
  readonly onDecided?: (result: PartitionResult) => void;
  /** Leave the other partitions undecided once one is a violation. False by default. */
  readonly stopAtViolation?: boolean;
  /** How many violations are given a core; 10 by default. */
  readonly explainMax?: number;
  /** What is kept of `timeMs` for explaining, once a violation has been found. A fifth by default, if any is explained. */
  readonly explainMs?: number;
  /** What the searches may take of `timeMs` in any case, though nothing was found. All of it by default. */
  readonly searchMs?: number;
}

export interface CheckProgress {
  readonly partitions: number;
  readonly decided: number;
  readonly violations: number;
  readonly steps: number;
  readonly ms: number;
}
