/** Names that stand twice in an object of JSON: JSON.parse keeps the last one and says nothing. */

/** How many names a line seems to have: exact for lines without blanks before a colon and without `":` in a string. */
export function namesIn(line: string): number {
  let names = 0;
  for (let at = line.indexOf('":'); at >= 0; at = line.indexOf('":', at + 2)) names++;
  return names;
}

/** The first name that stands twice in one object, at whatever depth; null if there is none. `line` is sound JSON. */
export function repeatedName(line: string): string | null {
  const objects: Set<string>[] = [];
  for (const [token] of line.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}]/g)) {
    if (token === '{') objects.push(new Set());
    else if (token === '}') objects.pop();
    else if (token.endsWith(':')) {
      const name = JSON.parse(token.slice(0, -1)) as string;
      const names = objects.at(-1);
      if (names?.has(name)) return name;
      names?.add(name);
    }
  }
  return null;
}
