/** Help as wide as the terminal: commander wraps what it knows of, but not the notes, tables and examples below it. */

/** Columns of a terminal that does not say, and of a pipe; as commander has it. */
const COLUMNS = 80;
/** A second column that begins further right than this share of the width leaves no room to wrap in. */
const HANGING_MAX = 0.7;

/** Wraps the text for a terminal of so many columns. Unindented lines that follow each other are one paragraph. */
export function wrappedHelp(text: string, columns = COLUMNS): string {
  const lines: string[] = [];
  let paragraph = false;
  for (const line of text.split('\n')) {
    const plain = /^[^\s].*[^:]$/.test(line);
    if (plain && paragraph) lines.push(`${lines.pop()} ${line}`);
    else lines.push(line);
    paragraph = plain;
  }
  return lines.map((line) => wrappedLine(line, columns)).join('\n');
}

/** Continues below the second column of a table, else below where the line begins. */
function wrappedLine(line: string, columns: number): string {
  if ([...line].length <= columns) return line;
  const indent = /^\s*/.exec(line)?.[0].length ?? 0;
  const second = /^\s*\S.*?\s{2,}/.exec(line)?.[0].length ?? indent;
  const hanging = second <= columns * HANGING_MAX ? second : indent + 4;
  let rest = line;
  let out = '';
  while ([...rest].length > columns) {
    const cut = rest.lastIndexOf(' ', columns);
    if (cut <= hanging) break;
    out += `${rest.slice(0, cut).trimEnd()}\n`;
    rest = ' '.repeat(hanging) + rest.slice(cut).trimStart();
  }
  return out + rest;
}
