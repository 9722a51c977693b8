/** Colours of the page's style sheet, for canvases, in the scheme the reader has chosen. */

const NAMES = [
  'page',
  'surface',
  'sunk',
  'line',
  'ink',
  'muted',
  'ok',
  'ok-edge',
  'fail',
  'info',
  'info-soft',
  'bad',
  'fault',
  'fault-soft',
  'fault-ink',
  'leader',
  'candidate',
  'follower',
  'leader-ink',
  'focus',
] as const;

export type Palette = { readonly [name in (typeof NAMES)[number]]: string };

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Palette;
}

/** Calls back when the reader's scheme changes. */
export function onSchemeChange(changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
}

/** A pattern of diagonal lines, for what is unknown or idle: told apart without colour. */
export function hatch(
  context: CanvasRenderingContext2D,
  line: string,
  ground: string,
  step = 6,
): CanvasPattern | string {
  const tile = document.createElement('canvas');
  tile.width = step;
  tile.height = step;
  const pen = tile.getContext('2d');
  if (pen === null) return ground;
  pen.fillStyle = ground;
  pen.fillRect(0, 0, step, step);
  pen.strokeStyle = line;
  pen.lineWidth = step / 4;
  pen.beginPath();
  for (const shift of [-step, 0, step]) {
    pen.moveTo(shift - 1, step + 1);
    pen.lineTo(shift + step + 1, -1);
  }
  pen.stroke();
  return context.createPattern(tile, 'repeat') ?? ground;
}
