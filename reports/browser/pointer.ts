/** The pointer on the timeline: drag to move, click to select, Ctrl and wheel to zoom. */

import { GUTTER } from './layout.ts';
import type { Selection, View } from './view.ts';

/** Pointer movement below this is a click, not a drag, in pixels. */
const CLICK_PIXELS = 4;

/** How the timeline lies under the pointer. */
interface Surface {
  /** How far its rows are scrolled. */
  readonly top: () => number;
  readonly timeWidth: () => number;
  readonly timeAt: (x: number) => number;
  readonly hit: (x: number, y: number) => Selection | null;
}

export function listenToPointer(canvas: HTMLCanvasElement, view: View, surface: Surface): void {
  const { top, timeWidth, timeAt, hit } = surface;
  let drag: { readonly x: number; readonly from: number; readonly to: number; moved: boolean } | null = null;
  const at = (event: MouseEvent): readonly [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top + top()];
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    const [x] = at(event);
    const { from, to } = view.state;
    drag = { x, from, to, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    const [x, y] = at(event);
    if (drag !== null && (drag.moved || Math.abs(x - drag.x) >= CLICK_PIXELS)) {
      drag.moved = true;
      const shift = ((drag.x - x) / timeWidth()) * (drag.to - drag.from);
      view.window(drag.from + shift, drag.to + shift);
      return;
    }
    view.set({ cursor: x < GUTTER ? null : timeAt(x), hovered: hit(x, y) });
  });
  canvas.addEventListener('pointerup', (event) => {
    const [x, y] = at(event);
    if (drag !== null && !drag.moved) view.select(hit(x, y));
    drag = null;
  });
  canvas.addEventListener('pointercancel', () => {
    drag = null;
  });
  canvas.addEventListener('pointerleave', () => view.set({ cursor: null, hovered: null }));
  canvas.addEventListener('dblclick', (event) => view.zoom(0.4, timeAt(at(event)[0])));
  // A plain wheel belongs to the page; with a modifier it zooms, sideways it pans.
  canvas.addEventListener(
    'wheel',
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) {
        event.preventDefault();
        view.zoom(1.0015 ** event.deltaY, timeAt(at(event)[0]));
      } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
        event.preventDefault();
        view.pan((event.deltaX === 0 ? event.deltaY : event.deltaX) / timeWidth());
      }
    },
    { passive: false },
  );
}
