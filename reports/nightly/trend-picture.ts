/** One trend as a small line without axes: its shape, its last value, its range. Gaps stay gaps. */

import { html, type Markup } from '../escape.ts';
import { trendValue } from './summary.ts';
import type { Trend } from './trends.ts';

const WIDTH = 260;
const HEIGHT = 48;
const MARGIN = 5;

export function trendPicture({ name, unit, points }: Trend): Markup {
  const known = points.flatMap(({ value }) => value ?? []);
  const last = points.at(-1);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const x = (at: number): number =>
    MARGIN + ((WIDTH - 2 * MARGIN) * (points.length < 2 ? 1 : at)) / Math.max(1, points.length - 1);
  const y = (value: number): number =>
    high === low ? HEIGHT / 2 : HEIGHT - MARGIN - ((HEIGHT - 2 * MARGIN) * (value - low)) / (high - low);
  let path = '';
  let pen = 'M';
  points.forEach(({ value }, at) => {
    if (value !== null) path += `${pen}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = value === null ? 'M' : 'L';
  });
  const range =
    known.length === 0
      ? 'never measured'
      : low === high
        ? `always ${trendValue(unit, low)}`
        : `${trendValue(unit, low)} to ${trendValue(unit, high)}`;
  const nights = `${points[0]?.date} to ${last?.date}`;
  return html`<figure class="trend"><figcaption><span>${name}</span> <b>${trendValue(unit, last?.value ?? null)}</b></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${name}, ${nights}: ${range}, now ${trendValue(unit, last?.value ?? null)}"><path d="${path}"/>${points.map(
    ({ value }, at) =>
      value === null
        ? null
        : html`<circle cx="${x(at).toFixed(1)}" cy="${y(value).toFixed(1)}" r="${at === points.length - 1 ? 3.2 : 1.6}"/>`,
  )}</svg><p class="note">${range}</p></figure>`;
}
