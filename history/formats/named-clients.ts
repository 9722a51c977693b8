/**
 * Who acts in a history of events. Jepsen numbers its clients and gives its nemesis a name; others name clients, too. A name that
 * invokes something is a client, and gets a number above all others. A name that only reports (`:info` of nothing that it
 * invoked, as the nemesis does) is a bystander, whose events are passed over; all but the nemesis are told of.
 */

import type { GrowingOperation } from './event.ts';

const NEMESIS = ':nemesis';
const TOLD_MAX = 5;

export class NamedClients {
  /** In order of appearance. */
  readonly #operations = new Map<string, GrowingOperation[]>();
  readonly #bystanders = new Map<string, { events: number; readonly line: number }>();
  #first = 0;

  /** Whether the event is a client's. */
  acts(name: string, invokes: boolean, onlyReports: boolean, line: () => number): boolean {
    if (name === NEMESIS) return false;
    if (invokes || !onlyReports) return true;
    const bystander = this.#bystanders.get(name);
    if (bystander === undefined) this.#bystanders.set(name, { events: 1, line: line() });
    else bystander.events++;
    return false;
  }

  invoked(name: string, operation: GrowingOperation): void {
    const known = this.#operations.get(name);
    if (known === undefined) this.#operations.set(name, [operation]);
    else known.push(operation);
  }

  /** Gives the clients their numbers, from `first` on. */
  number(first: number): void {
    this.#first = first;
    [...this.#operations.values()].forEach((operations, at) => {
      for (const operation of operations) operation.process = first + at;
    });
  }

  notes(): string[] {
    const numbered = [...this.#operations.keys()].map((name, at) => `${shown(name)} is ${this.#first + at}`);
    const passed = [...this.#bystanders].map(
      ([name, { events, line }]) => `${shown(name)} (${events}, the first on line ${line})`,
    );
    return [
      ...(numbered.length === 0 ? [] : [`clients with names are numbered: ${listed(numbered)}`]),
      ...(passed.length === 0 ? [] : [`events of what invokes nothing were passed over: ${listed(passed)}`]),
    ];
  }
}

function listed(items: readonly string[]): string {
  const told = items.slice(0, TOLD_MAX).join(', ');
  return items.length > TOLD_MAX ? `${told}, and ${items.length - TOLD_MAX} more` : told;
}

function shown(name: string): string {
  return name.startsWith(':') ? name : JSON.stringify(name);
}
