/**
 * Nodes that are lost for good: their disk is gone or damaged, so they may have made promises that nobody remembers, and can't
 * come back under their names. Raft survives that as it survives a crash without return, as long as a majority is left; an
 * operator then replaces the node by one of another name. This is the nemesis' memory of it.
 *
 * Losses and changes of members exclude each other. A change that was asked for may need any node of either configuration: one
 * lost in its midst could leave a joint configuration that can never commit, which is the operator's fault, not the cluster's.
 */

import type { NodeId } from '../cluster/raft/types.ts';
import type { World } from '../cluster/world.ts';
import { currentLeader } from './targets.ts';

export class Losses {
  /** All that were ever lost. */
  readonly lost = new Set<NodeId>();
  /** A change of members, or a loss and its replacement, is under way. */
  #busy = false;

  /** Takes the only place in surgery; false if it is taken. */
  begin(): boolean {
    if (this.#busy) return false;
    this.#busy = true;
    return true;
  }

  /**
   * Gives the place back. Not where the last change was not seen to be done: it may be half done, and take effect under any later
   * leader, so the place stays taken.
   */
  end(settled: boolean): void {
    this.#busy = !settled;
  }

  /** The nodes that may be members at all. */
  sound(nodes: readonly NodeId[]): NodeId[] {
    return nodes.filter((node) => !this.lost.has(node));
  }

  /** The founders, each that was lost replaced by a node that was none of them, as long as there are such. */
  restored(world: World, founders: readonly NodeId[]): NodeId[] {
    const kept = this.sound(founders);
    const others = this.sound(world.nodes).filter((node) => !founders.includes(node));
    return [...kept, ...others.slice(0, founders.length - kept.length)];
  }

  /**
   * The voters, if the cluster could lose one of them and go on: the leader is known, no voter is lost or has ended, and
   * either there is a node to replace it by, or more than three are left without. Else null.
   */
  votersToSpare(world: World): readonly NodeId[] | null {
    const leader = currentLeader(world);
    const voters = leader === null ? [] : (world.view(leader).status?.voters ?? []);
    if (voters.length < 3) return null;
    if (voters.some((node) => this.lost.has(node) || world.view(node).state === 'exited')) return null;
    return voters.length > 3 || this.replacement(world, voters) !== null ? voters : null;
  }

  /** A sound node that is no voter, and could become one. */
  replacement(world: World, voters: readonly NodeId[]): NodeId | null {
    const free = this.sound(world.nodes).filter((node) => !voters.includes(node));
    return free.find((node) => ['running', 'exited'].includes(world.view(node).state)) ?? null;
  }
}
