/** The page's own code starts here: unpack, then fill the places the page keeps for it. The first screen works without. */

import { chartsOf } from './charts.ts';
import { controlsOf } from './controls.ts';
import { wireCopyButtons } from './copy.ts';
import { decodePage } from './decode.ts';
import { Details } from './details.ts';
import { wireDownloads } from './downloads.ts';
import { element, place } from './element.ts';
import { listenToKeys } from './keys.ts';
import { type Model, modelOf } from './model.ts';
import { operationsTable } from './table.ts';
import { Timeline } from './timeline.ts';
import { View } from './view.ts';

document.documentElement.classList.add('js');
wireCopyButtons();
start().catch((error: unknown) => {
  const why = error instanceof Error ? error.message : String(error);
  place('timeline-root').replaceChildren(
    element(
      'p',
      { role: 'alert' },
      `The timeline could not be drawn: ${why}. What stands above and below needs none of it.`,
    ),
  );
});

async function start(): Promise<void> {
  const model = modelOf(await decodePage());
  const view = new View(model);
  const controls = controlsOf(model, view);
  const root = place('timeline-root');
  root.append(legend(model), controls.element);
  const timeline = new Timeline(root, model, view);
  root.append(new Details(model, view).element);
  const keyboard = listenToKeys(model, view, controls.search, controls.say);
  controls.help.addEventListener('click', keyboard.openHelp);
  operationsTable(place('operations-root'), model, view);
  const charts = document.getElementById('charts-root');
  if (charts !== null) chartsOf(charts, model, view);
  wireDownloads(model);
  const readAddress = (hash: string): void => {
    if (view.readAddress(hash)) place('timeline').scrollIntoView({ block: 'start' });
  };
  addEventListener('hashchange', ({ newURL }) => {
    // Not the address as it is now: the page may have written its own view over the new one in the meantime.
    readAddress(new URL(newURL).hash);
    timeline.focus();
  });
  readAddress(location.hash);
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
}

function legend({ spans, messages, lanes, sharesLanes }: Model): HTMLElement {
  const item = (kind: string, text: string): HTMLElement => element('span', { class: `key ${kind}` }, text);
  const made = element(
    'p',
    { class: 'legend' },
    item('ok', 'ok'),
    item('fail', 'fail: never happened'),
    item('info', 'info: may have happened, then or later'),
  );
  if (spans.size > 0)
    made.append(
      item('leader', 'leader'),
      item('candidate', 'candidate'),
      item('follower', 'follower'),
      item('down', 'down or paused'),
    );
  if (messages.length > 0) made.append(element('span', { class: 'key-text' }, '✕ message lost'));
  if (lanes.some(({ tenures }) => tenures.length > 1))
    made.append(
      element(
        'span',
        { class: 'key-note' },
        `client 3 → 19: ${sharesLanes ? 'clients one after the other, in one row' : 'one client, with a new number after an unknown outcome'}`,
      ),
    );
  return made;
}
