/** The keyboard: one list from which both the handling and the help are made. */

import { copyText } from './copy.ts';
import { element, place } from './element.ts';
import type { Model } from './model.ts';
import { nextAnomaly, stepFault, stepOperation } from './navigation.ts';
import type { View } from './view.ts';

interface Command {
  readonly keys: readonly string[];
  readonly what: string;
  readonly run: () => void;
  /** Its effect is to be seen in the timeline, wherever the reader is. */
  readonly shows?: true;
}

export interface Keyboard {
  readonly openHelp: () => void;
}

/** Scrolls only where the timeline is not to be seen already. */
function showTimeline(): void {
  const { top, bottom } = place('timeline-root').getBoundingClientRect();
  if (top > innerHeight / 2 || bottom < innerHeight / 3) place('timeline').scrollIntoView({ block: 'start' });
}

export function listenToKeys(
  model: Model,
  view: View,
  search: HTMLInputElement,
  say: (text: string) => void,
): Keyboard {
  const copyLink = (): void => {
    const link = `${location.href.replace(/#.*$/, '')}${view.address()}`;
    void copyText(link).then((copied) => say(copied ? 'Link to this view copied.' : `Copy this link: ${link}`));
  };
  const help = element('dialog', { class: 'help', 'aria-labelledby': 'help-title' });
  const openHelp = (): void => {
    if (!help.open) help.showModal();
  };
  const commands: readonly Command[] = [
    { keys: ['w'], what: 'zoom in', run: () => view.zoom(0.6) },
    { keys: ['s'], what: 'zoom out', run: () => view.zoom(1 / 0.6) },
    { keys: ['a'], what: 'move to earlier', run: () => view.pan(-0.2) },
    { keys: ['d'], what: 'move to later', run: () => view.pan(0.2) },
    { keys: ['0'], what: 'the whole trial', run: () => view.window(0, model.end) },
    { keys: ['e'], what: 'next anomaly', run: () => nextAnomaly(model, view), shows: true },
    { keys: ['['], what: 'fault before', run: () => stepFault(model, view, -1), shows: true },
    { keys: [']'], what: 'next fault', run: () => stepFault(model, view, 1), shows: true },
    {
      keys: [','],
      what: 'operation before (of the key in focus)',
      run: () => stepOperation(model, view, -1),
      shows: true,
    },
    {
      keys: ['.'],
      what: 'next operation (of the key in focus)',
      run: () => stepOperation(model, view, 1),
      shows: true,
    },
    { keys: ['/'], what: 'search operations', run: () => search.focus() },
    { keys: ['y'], what: 'copy a link to this view', run: copyLink },
    { keys: ['Escape'], what: 'let go of what is selected', run: () => view.select(null) },
    { keys: ['?'], what: 'this help', run: openHelp },
  ];
  const enabled = element('input', { type: 'checkbox', id: 'keys-on' });
  enabled.checked = true;
  const close = element('button', { type: 'button' }, 'Close');
  close.addEventListener('click', () => help.close());
  const list = element('dl', { class: 'rows' });
  for (const { keys, what } of commands)
    list.append(
      element('div', {}, element('dt', {}, ...keys.map((key) => element('kbd', {}, key))), element('dd', {}, what)),
    );
  help.append(
    element('h2', { id: 'help-title' }, 'Keys'),
    list,
    element(
      'p',
      {},
      'With the pointer: drag to move, Ctrl and wheel to zoom, Shift and wheel to move, double click to zoom in, click to select.',
    ),
    element('p', {}, enabled, element('label', { for: 'keys-on' }, ' single keys work anywhere on the page')),
    close,
  );
  document.body.append(help);
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const target = event.target instanceof HTMLElement ? event.target : null;
    if (target !== null && (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) || target.isContentEditable)) return;
    if (!enabled.checked && target?.tagName !== 'CANVAS') return;
    const command = commands.find(({ keys }) => keys.includes(event.key));
    if (command === undefined) return;
    event.preventDefault();
    command.run();
    if (command.shows === true) showTimeline();
  });
  return { openHelp };
}
