/** A night's failures as GitHub shows them beside a run: workflow commands, one line each. */

import type { NightPage } from './night-page.ts';
import { outcomeOfItem, outcomeOfNight, sentenceOfNight } from './outcome.ts';
import { describeMemory } from './trends.ts';

/** GitHub shows ten errors and ten warnings of a step, and drops the rest. */
const SHOWN_MAX = 10;
const MESSAGE_CHARS_MAX = 1500;

/**
 * Lines to be printed. Each failure by its fingerprint, violations and what is broken as errors, the rest as warnings; where there
 * is no room for all, the last line of a kind says how many more there are.
 */
export function annotationsOf(page: NightPage): string[] {
  const { night, failures } = page;
  const outcome = outcomeOfNight(night);
  if (outcome === 'pass' && !night.interrupted) return [];
  const errors = [command('error', `Ordeal: ${outcome}`, sentenceOfNight(night))];
  const warnings: string[] = [];
  for (const { fingerprint, items, memory } of failures) {
    const [first] = items;
    if (first === undefined) continue;
    const serious = ['violation', 'broken'].includes(outcomeOfItem(first));
    const more = items.length === 1 ? '' : ` (and ${items.length - 1} more like it)`;
    const again = first.again === null ? '' : `\nAgain: ${first.again}`;
    const text = `${first.id}: ${first.sentence}${more}\n${describeMemory(memory)}${again}`;
    (serious ? errors : warnings).push(command(serious ? 'error' : 'warning', fingerprint.title, text));
  }
  return [...limited(errors, 'error'), ...limited(warnings, 'warning')];
}

function limited(lines: readonly string[], level: 'error' | 'warning'): string[] {
  if (lines.length <= SHOWN_MAX) return [...lines];
  const rest = lines.length - (SHOWN_MAX - 1);
  return [...lines.slice(0, SHOWN_MAX - 1), command(level, 'Ordeal', `${rest} more failures: see the summary`)];
}

/** `::error title=…::…`, with everything escaped that would end a value or a command. */
function command(level: 'error' | 'warning', title: string, message: string): string {
  const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = data(title.slice(0, 200)).replaceAll(':', '%3A').replaceAll(',', '%2C');
  return `::${level} title=${property}::${data(message.slice(0, MESSAGE_CHARS_MAX))}`;
}
