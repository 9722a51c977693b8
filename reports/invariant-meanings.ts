/** What each invariant of the simulator promises, in one sentence for a reader who has never heard of it. */

const MEANINGS: { readonly [invariant: string]: string } = {
  'current reads':
    'A read must be answered from a state that holds everything that was committed when it came in. Answers from an older state are stale as soon as somebody wrote what is missing.',
  'durable before visible':
    'A node may promise something (a vote, a copy of an entry, a commit) only once it is safe on disk. A promise made earlier is lost if the node crashes.',
  'election safety':
    'Raft allows at most one leader in a term. Two of them accept different writes at the same place of the log: a split brain.',
  'leader append-only':
    'A leader only adds to its log. One that changes or removes entries takes back what it told others.',
  'leader completeness':
    'What was committed must be in the log of every later leader. A leader without it overwrites what clients were promised.',
  'log matching':
    'Two logs that agree in one entry must agree in all before it. Otherwise nodes apply different commands.',
  'membership from the log':
    'Each node must count votes by the latest membership in its log. With another one, two majorities need not overlap.',
  monotonicity: 'Terms, commit and applied positions only grow. A node that goes back forgets what it promised.',
  'one vote per term':
    'A node has one vote in a term, over restarts too. With two, two leaders can be elected in the same term.',
  'snapshot equals replay':
    'A state restored from a snapshot must equal one built from all commands. Otherwise two nodes answer differently from the same log.',
  'state-machine safety':
    'No two nodes may apply different commands at the same place of the log. Once they do, their answers differ for ever.',
};

/** Null for an invariant that is not known here: others may come with their own words. */
export function invariantMeaning(name: unknown): string | null {
  return typeof name === 'string' && Object.hasOwn(MEANINGS, name) ? (MEANINGS[name] ?? null) : null;
}
