/** Why a file of operations as JSON is not read, where it is not one operation a line from the first line on. */

const EXPECTED = 'expected one operation a line, as ndjson has it';

/** An object after longer comments is not looked for. */
const COMMENTS_CHARS_MAX = 65_536;

/** A sentence, with the line; null for a text that is not clearly of operations as JSON. */
export function unreadJson(text: string): string | null {
  if (!/"(?:f|invokedAt)"\s*:/.test(text)) return null;
  const start = text.search(/[^\s\uFEFF]/);
  const line = text.slice(0, start).split('\n').length;
  const what = whatBegins(text.slice(start));
  return what === null ? null : `line ${line}: ${what}; ${EXPECTED}`;
}

function whatBegins(text: string): string | null {
  if (/^\[\s*[{"]/.test(text)) return 'a JSON array begins here';
  // Comments of other languages, and an object of JSON after them.
  if (/^(?:(?:#|\/\/|;|--)[^\n]*\n\s*)+\{\s*"/.test(text.slice(0, COMMENTS_CHARS_MAX)))
    return 'a comment stands here, which JSON does not have';
  if (!/^\{\s*"/.test(text)) return null;
  const [first = ''] = text.split('\n', 1);
  try {
    JSON.parse(first);
  } catch {
    return 'a JSON object begins here that goes on in the next line, or is no JSON';
  }
  return 'a JSON object stands here that has no "f", so it is no operation';
}
