/**
 * Who belongs to the cluster, as the log tells it: a configuration counts from the moment it is appended, and no longer once
 * its entry is cut off again (the paper, section 6).
 */

import type { Entry, Membership } from './ready.ts';
import type { NodeId } from './types.ts';

export const NOBODY: Membership = { voters: [], outgoing: null, learners: [] };

/** Bound on members, so that one bad request can't make every message and every quorum expensive. */
export const MEMBERS_MAX = 31;

export interface Configuration {
  /** The entry (or snapshot) it comes from; 0 for the founders. */
  readonly index: number;
  readonly term: number;
  readonly membership: Membership;
}

export function isVoter(membership: Membership, node: NodeId): boolean {
  return membership.voters.includes(node) || (membership.outgoing?.includes(node) ?? false);
}

export function isMember(membership: Membership, node: NodeId): boolean {
  return isVoter(membership, node) || membership.learners.includes(node);
}

/** All members, each once: voters first, then leaving voters, then learners. */
export function membersOf(membership: Membership): readonly NodeId[] {
  return [...new Set([...membership.voters, ...(membership.outgoing ?? []), ...membership.learners])];
}

export function sameNodes(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((node) => b.includes(node));
}

/** Why a wanted membership makes no sense, or null. */
export function objection(voters: readonly NodeId[], learners: readonly NodeId[]): string | null {
  const all = [...voters, ...learners];
  if (voters.length === 0) return 'a cluster needs at least one voter';
  if (all.length > MEMBERS_MAX) return `a cluster has at most ${MEMBERS_MAX} members`;
  if (all.some((node) => typeof node !== 'string' || node === '')) return 'a member needs a name';
  if (new Set(all).size !== all.length) return 'a member is named twice';
  return null;
}

/** The configurations of a log from its base on, oldest first; never empty. */
export class ConfigurationHistory {
  #configurations: Configuration[];

  constructor(first: Configuration) {
    this.#configurations = [first];
  }

  get latest(): Configuration {
    return this.#configurations[this.#configurations.length - 1] as Configuration;
  }

  /** The configuration in force at a log index (the oldest known one before all of them). */
  at(index: number): Configuration {
    for (let i = this.#configurations.length - 1; i > 0; i--) {
      const configuration = this.#configurations[i] as Configuration;
      if (configuration.index <= index) return configuration;
    }
    return this.#configurations[0] as Configuration;
  }

  /** Takes note of an appended entry; true if it changes the configuration. */
  appended(entry: Entry): boolean {
    if (entry.kind !== 'membership') return false;
    this.#configurations.push({ index: entry.index, term: entry.term, membership: entry.membership });
    return true;
  }

  /** The log was cut off from `index` on; true if that rolled back a configuration. */
  truncatedFrom(index: number): boolean {
    let rolledBack = false;
    while (this.#configurations.length > 1 && this.latest.index >= index) {
      this.#configurations.pop();
      rolledBack = true;
    }
    return rolledBack;
  }

  /** The log up to `index` is gone: forgets what only those entries needed. */
  compactedThrough(index: number): void {
    while (this.#configurations.length > 1 && (this.#configurations[1] as Configuration).index <= index)
      this.#configurations.shift();
  }

  /** A snapshot replaced the log. */
  reset(first: Configuration): void {
    this.#configurations = [first];
  }
}
