/**
 * Recognises a history's format from how its text begins. Mostly the first line is enough; but a value of the first event may
 * be long, and a log has much to say before its first event. So the answer may be that more text is needed.
 */

import { EdnReader, NEED_MORE } from './formats/edn.ts';
import { eventType } from './formats/event.ts';
import { HistoryError, type HistoryFormat, READ_LIMITS } from './formats/format.ts';
import { ednHistory } from './formats/jepsen-edn.ts';
import { jepsenLog, jepsenTxt } from './formats/jepsen-lines.ts';
import { ndjson } from './formats/ndjson.ts';

/** Characters that are looked at first; where they are not enough, twice as many, and so on. */
export const SNIFF_CHARS = 65_536;
/** Beyond this the file is taken to be something else. */
export const SNIFF_CHARS_MAX = READ_LIMITS.itemCharsMax;

/** The format of the file that begins with `head`, and ends with it if `final`; null if none fits, 'more' if that can't be said. */
export function sniff(head: string, final: boolean): HistoryFormat | null | 'more' {
  const start = head.search(/[^\s\uFEFF]/);
  if (start < 0) return final ? null : 'more';
  if (/^\{\s*"/.test(head.slice(start, start + 100))) return sniffJson(head.slice(start), final);
  const edn = sniffEdn(head, final);
  return edn === null ? sniffLines(head, final) : edn;
}

/** An object with an "f" on the first line. */
function sniffJson(text: string, final: boolean): HistoryFormat | null | 'more' {
  const end = text.indexOf('\n');
  if (end < 0 && !final) return 'more';
  return text.slice(0, end < 0 ? text.length : end).includes('"f"') ? ndjson : null;
}

/** A map with a :process, or with an event's :type, alone or in a vector or list; comments, tags and `#_` may stand before. */
function sniffEdn(head: string, final: boolean): HistoryFormat | null | 'more' {
  const reader = new EdnReader();
  reader.push(head);
  if (final) reader.finish();
  try {
    reader.tag();
    let first = reader.next();
    const wrapped = first === 91 || first === 40;
    if (wrapped) {
      reader.skip();
      reader.tag();
      first = reader.next();
      if (first === 93 || first === 41 || first === -1) return ednHistory;
    }
    if (first !== 123) return null;
    reader.skip();
    while (reader.next() !== 125) {
      // A key of JSON is none of an event's.
      if (reader.next() !== 58) return null;
      const name = reader.mapKey(1);
      if (name === 'process') return ednHistory;
      if (name === 'type' && eventType(reader.value(1)) !== null) return ednHistory;
      if (name !== 'type') reader.passOver(1);
    }
    return null;
  } catch (error) {
    if (error === NEED_MORE) return 'more';
    if (error instanceof HistoryError) return null;
    throw error;
  }
}

/** A line on which Jepsen printed an event. It is a log if anything stands before the first. */
function sniffLines(head: string, final: boolean): HistoryFormat | null | 'more' {
  const firstLine = head.search(/[^\s\uFEFF]/);
  for (const match of head.matchAll(/([ \t]+):(?:invoke|ok|fail|info)([ \t]+):[^\s]/g)) {
    const lineStart = head.lastIndexOf('\n', match.index) + 1;
    const before = head.slice(lineStart, match.index);
    const who = before.slice(before.search(/[^\s]*$/));
    if (!/^:?[^\s:\uFEFF]+$/.test(who.replace(/^\uFEFF/, ''))) continue;
    const alone = before.replace(/^[\s\uFEFF]+/, '') === who.replace(/^\uFEFF/, '');
    if (alone && lineStart <= firstLine) return jepsenTxt;
    // Prose may have such words with blanks between them; Jepsen's log has tabs.
    if ((match[1] ?? '').includes('\t') && (match[2] ?? '').includes('\t')) return jepsenLog;
  }
  return final ? null : 'more';
}

/** Text as only a history has it, whether or not it can be read. */
export function looksLikeHistory(text: string): boolean {
  return /:type[\s,]+:invoke\b|\t:invoke\t|"invokedAt"/.test(text);
}
