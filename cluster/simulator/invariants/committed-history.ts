/** What the cluster has ever committed: shared by the invariants that look back at it. */

import type { NodeId } from '../../raft/types.ts';

export class CommittedHistory {
  /** By index: term of the entry first committed there, 0 where that is not known. */
  private readonly terms: number[] = [0];
  /** By index: term of the node that was first seen to have committed it. Never falls from one index to the next. */
  private readonly commitTerms: number[] = [0];
  private readonly by: NodeId[] = [''];

  /** Highest index known to be committed. */
  get lastIndex(): number {
    return this.terms.length - 1;
  }

  at(index: number): { readonly committedTerm: number; readonly commitTerm: number; readonly node: NodeId } {
    return {
      committedTerm: this.terms[index] ?? 0,
      commitTerm: this.commitTerms[index] ?? 0,
      node: this.by[index] ?? '',
    };
  }

  /** A node of term `nodeTerm` has committed the entry (index, term); returns an earlier one that differs, or null. */
  commit(
    index: number,
    term: number,
    nodeTerm: number,
    node: NodeId,
  ): { readonly term: number; readonly node: NodeId } | null {
    const known = this.terms[index] ?? 0;
    if (known !== 0) return known === term ? null : { term: known, node: this.by[index] as NodeId };
    while (this.terms.length < index) {
      this.terms.push(0);
      this.commitTerms.push(this.commitTerms.at(-1) as number);
      this.by.push('');
    }
    this.terms[index] = term;
    this.commitTerms[index] = Math.max(nodeTerm, this.commitTerms[index - 1] ?? 0);
    this.by[index] = node;
    return null;
  }

  /** The last index committed in a term before `term`. */
  lastCommittedBefore(term: number): number {
    let index = this.lastIndex;
    while (index > 0 && (this.commitTerms[index] as number) >= term) index--;
    return index;
  }
}
