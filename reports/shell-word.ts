/** Text as one word of a shell command, for commands that a reader copies. */

/** Quoted if it holds anything that a POSIX shell would not take as it is. */
export function shellWord(text: string): string {
  return /^[\w./@:+=,%-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
