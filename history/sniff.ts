/** Recognises a history's format from how its text begins. */

import type { HistoryFormat } from './formats/format.ts';
import { jepsenEdn, knossosEdn, porcupineKv } from './formats/jepsen-edn.ts';
import { jepsenLog, jepsenTxt } from './formats/jepsen-lines.ts';
import { ndjson } from './formats/ndjson.ts';

/** Characters that are looked at. */
export const SNIFF_CHARS = 65_536;

/** The format of the file that begins with `head`, or null if none fits. */
export function sniff(head: string): HistoryFormat | null {
  const text = head.replace(/^(?:[\s,\uFEFF]|;[^\n]*(?:\n|$))+/, '');
  if (/^\{\s*"/.test(text)) return text.slice(0, text.search(/\n|$/)).includes('"f"') ? ndjson : null;
  if (
    /^(?:[[(][\s,]*(?:;[^\n]*\n\s*)*)?(?:#jepsen\.history\.Op\s*)?\{[\s,]*:/.test(text) ||
    /^[[(]\s*[\])]\s*$/.test(text)
  )
    return ednFlavour(text);
  const firstEvent = /^(.*?)(?::?[^\s:]+)[ \t]+:(?:invoke|ok|fail|info)[ \t]+:[^\s]/m.exec(text);
  if (firstEvent === null) return null;
  const linesAreEvents = firstEvent.index === 0 && (firstEvent[1] ?? '').trim() === '';
  return linesAreEvents ? jepsenTxt : jepsenLog;
}

function ednFlavour(text: string): HistoryFormat {
  const first = text.slice(0, text.search(/\}|$/) + 1);
  if (/:key\s/.test(first) && !first.includes(':ordeal/key')) return porcupineKv;
  // Jepsen writes the time of every event; Knossos' tests, cut down by hand, have none.
  return /:time\s/.test(text) ? jepsenEdn : knossosEdn;
}
