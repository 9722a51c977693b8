/** Telling nodes that they are no longer members, so that they stop instead of holding elections nobody wants. */

import type { Core } from './core.ts';
import { isMember } from './membership.ts';
import type { Removed } from './messages.ts';
import { becomeFollower } from './roles.ts';
import type { NodeId } from './types.ts';

/** Tells `node` if the committed membership, and nothing newer in the log, leaves it out; true if so. */
export function tellRemoved(core: Core, node: NodeId): boolean {
  if (!core.rules.tellsRemoved || core.isMember(node)) return false;
  const { index, term, membership } = core.committedConfiguration;
  if (index === 0 || isMember(membership, node)) return false;
  core.tell(node, { type: 'removed', term: core.term, index, indexTerm: term, membership });
  return true;
}

/** Believes it only if the membership is at least as new as any in this node's log, by term and index as logs compare. */
export function handleRemoved(core: Core, message: Removed): void {
  const own = core.configurations.latest;
  const newer = message.indexTerm > own.term || (message.indexTerm === own.term && message.index >= own.index);
  if (!newer || isMember(message.membership, core.id) || core.removed) return;
  core.mark('removed-told');
  becomeFollower(core, Math.max(core.term, message.term), null);
  core.removed = true;
  core.statusChanged = true;
}
