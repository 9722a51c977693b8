/** Cuts text that comes in pieces into lines, with their numbers. */

import { HistoryError, READ_LIMITS } from './format.ts';

export class LineSplitter {
  #rest = '';
  #number = 0;

  /** Calls `take` for every line that is complete, without its line break. */
  push(text: string, take: (line: string, number: number) => void): void {
    let from = 0;
    let to = text.indexOf('\n');
    if (to < 0) {
      this.#rest += text;
      if (this.#rest.length > READ_LIMITS.itemCharsMax)
        throw new HistoryError(`a line is longer than ${READ_LIMITS.itemCharsMax} characters`, this.#number + 1);
      return;
    }
    if (this.#rest !== '') {
      const first = this.#rest + text.slice(0, to);
      this.#rest = '';
      take(first, ++this.#number);
      from = to + 1;
      to = text.indexOf('\n', from);
    }
    while (to >= 0) {
      take(text.slice(from, to), ++this.#number);
      from = to + 1;
      to = text.indexOf('\n', from);
    }
    this.#rest = text.slice(from);
  }

  /** The last line, if the text does not end with a line break. */
  end(take: (line: string, number: number) => void): void {
    if (this.#rest !== '') take(this.#rest, ++this.#number);
    this.#rest = '';
  }
}
