/** How many operations there were, where the page does not hold all of them: counted over the whole record. */

import type { Row } from './layout.ts';
import type { Pen } from './pen.ts';

/** Stacked bars over time: ok, then info and fail on top, as on the map. Bins narrower than a pixel share one. */
export function drawDensity(pen: Pen, row: Row): void {
  const { context, model, state, palette } = pen;
  const { density } = model.page;
  if (density === null) return;
  const { binNs, ok, fail, info, peak } = density;
  const tall = row.height - 4;
  const first = Math.max(0, Math.floor(state.from / binNs));
  const last = Math.min(ok.length - 1, Math.ceil(state.to / binNs));
  const step = Math.max(1, Math.floor((state.to - state.from) / binNs / (pen.width - pen.left)));
  for (let bin = first - (first % step); bin <= last; bin += step) {
    const left = pen.x(bin * binNs);
    const width = Math.max(1, pen.x((bin + step) * binNs) - left);
    let y = row.y + 2 + tall;
    for (const [counts, colour] of [
      [ok, palette.ok],
      [info, palette.info],
      [fail, palette.fail],
    ] as const) {
      let most = 0;
      for (let i = bin; i < Math.min(bin + step, counts.length); i++) most = Math.max(most, counts[i] as number);
      if (most === 0) continue;
      const high = Math.max(1, (most / peak) * tall);
      y -= high;
      context.fillStyle = colour;
      context.fillRect(left, y, width, high);
    }
  }
}
