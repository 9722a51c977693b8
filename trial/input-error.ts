/** An error that a person can cause and mend: shown as one line, exit code 64. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** "unknown fault "partion" (did you mean "partition"?); there are: …" */
export function unknownName(what: string, name: string, all: readonly string[]): string {
  const near = nearest(name, all);
  const hint = near === null ? '' : ` (did you mean "${near}"?)`;
  return `unknown ${what} "${name}"${hint}; there are: ${all.join(', ')}`;
}

/** The name within edit distance 3 (and less than half of its length), or null. */
function nearest(name: string, all: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = 4;
  for (const candidate of all) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance && distance * 2 < candidate.length) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
