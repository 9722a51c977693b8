/** What each invariant of the simulator promises, in plain words for a reader who has never heard of it. */

interface Words {
  /** What was seen, as a heading. */
  readonly title: string;
  /** The promise, and what its breach means for those who use the store. */
  readonly meaning: string;
}

const INVARIANTS: { readonly [invariant: string]: Words } = {
  'current reads': {
    title: 'Read from an old state',
    meaning:
      'A read must be answered from a state that holds everything that was committed when it came in. Answers from an older state are stale as soon as somebody wrote what is missing.',
  },
  'durable before visible': {
    title: 'Promise that was not on disk',
    meaning:
      'A node may promise something (a vote, a copy of an entry, a commit) only once it is safe on disk. A promise made earlier is lost if the node crashes, and acknowledged writes with it.',
  },
  'election safety': {
    title: 'Two leaders in one term',
    meaning:
      'Raft allows at most one leader in a term. Two of them accept different writes at the same place of the log: a split brain, in which acknowledged writes vanish.',
  },
  'leader append-only': {
    title: 'Leader that changed its log',
    meaning:
      'A leader only adds to its log. One that changes or removes entries takes back what it told others, and acknowledged writes may vanish.',
  },
  'leader completeness': {
    title: 'Leader without a committed entry',
    meaning:
      'What was committed must be in the log of every later leader. A leader without it overwrites what clients were promised: acknowledged writes vanish.',
  },
  'log matching': {
    title: 'Logs that contradict each other',
    meaning:
      'Two logs that agree in one entry must agree in all before it. Otherwise nodes apply different commands, and answer clients differently.',
  },
  'membership from the log': {
    title: 'Votes counted by the wrong membership',
    meaning:
      'Each node must count votes by the latest membership in its log. With another one, two majorities need not overlap: two leaders may each acknowledge writes that the other never sees.',
  },
  monotonicity: {
    title: 'Node that went back',
    meaning:
      'Terms, commit and applied positions only grow. A node that goes back forgets what it promised: a vote, or an acknowledged write.',
  },
  'one vote per term': {
    title: 'Two votes of one node',
    meaning:
      'A node has one vote in a term, over restarts too. With two, two leaders can be elected in the same term: a split brain, in which acknowledged writes vanish.',
  },
  'snapshot equals replay': {
    title: 'Nodes with different states',
    meaning:
      'A state restored from a snapshot must equal one built from all commands. Otherwise two nodes answer clients differently from the same log.',
  },
  'state-machine safety': {
    title: 'Committed entry that did not stay',
    meaning:
      'What was committed at a place of the log stays there, the same on every node. Otherwise nodes apply different commands, and their answers differ for ever.',
  },
};

/** Null for an invariant that is not known here: others may come with their own words. */
export function invariantWords(name: unknown): Words | null {
  return typeof name === 'string' && Object.hasOwn(INVARIANTS, name) ? (INVARIANTS[name] ?? null) : null;
}
