/** Operations that are ok and of which the file does not say what they found: they are taken to have found nothing. */

/** Whether a note is one of these. */
export function isUntoldNote(note: string): boolean {
  return note.includes(TAKEN);
}

const TAKEN = ' that says what was found, taken as ';

export class UntoldAnswers {
  readonly #where: string;
  readonly #nothing: string;
  #operations = 0;
  #first: { readonly f: string; readonly line: number } | null = null;

  /** `where` names the field that should say it, `nothing` what is written there for nothing, both as they stand in a file. */
  constructor(where: string, nothing: string) {
    this.#where = where;
    this.#nothing = nothing;
  }

  /** The line is asked for once only: some readers have to count for it. */
  add(f: string, line: number | (() => number)): void {
    this.#operations++;
    this.#first ??= { f, line: typeof line === 'number' ? line : line() };
  }

  notes(): string[] {
    if (this.#first === null) return [];
    const { f, line } = this.#first;
    const have = this.#operations === 1 ? 'operation has' : 'operations have';
    return [`${this.#operations} ${have} no ${this.#where}${TAKEN}${this.#nothing} (the first, ${f}, on line ${line})`];
  }
}
