/**
 * Operations too short for a bar of their own, as pixels. With a hundred thousand of them in view a rectangle each is tens of
 * thousands of drawing commands a frame; here each lane is three rows of pixels that are copied down its height, so that a
 * frame costs the same however many operations share a pixel.
 */

import type { Palette } from './palette.ts';

/** One bit an outcome and emphasis; the position is that of the outcome in OUTCOMES, plus three for what is dimmed. */
const DIMMED = 3;
/** Width of a tick, in CSS pixels. */
const TICK = 1.6;
const DIM_ALPHA = 0.3;

export class TickRaster {
  readonly #canvas = document.createElement('canvas');
  readonly #context = this.#canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  #image = new ImageData(1, 1);
  #pixels = new Uint32Array(1);
  #columns = new Uint8Array(1);
  #rows: readonly [Uint32Array, Uint32Array, Uint32Array] = [
    new Uint32Array(1),
    new Uint32Array(1),
    new Uint32Array(1),
  ];
  /** Pixels of each set of bits: at the edges of a lane, in its upper and in its lower half. */
  #tables: readonly [Uint32Array, Uint32Array, Uint32Array] = [
    new Uint32Array(64),
    new Uint32Array(64),
    new Uint32Array(64),
  ];
  #ratio = 1;
  #any = false;

  /** Size in CSS pixels. */
  resize(width: number, height: number, ratio: number): void {
    const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
    this.#ratio = ratio;
    if (this.#canvas.width === w && this.#canvas.height === h) return;
    this.#canvas.width = w;
    this.#canvas.height = h;
    this.#image = new ImageData(w, h);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
    this.#columns = new Uint8Array(w);
    this.#rows = [new Uint32Array(w), new Uint32Array(w), new Uint32Array(w)];
  }

  /** Fail is a low tick, info a high one, ok in between: told apart without colour. */
  recolour(palette: Palette): void {
    const [ok, fail, info] = [palette.ok, palette.fail, palette.info].map((colour) => this.#pixelsOf(colour)) as [
      Shades,
      Shades,
      Shades,
    ];
    const table = (order: readonly (readonly [number, Shades])[]): Uint32Array => {
      const out = new Uint32Array(64);
      for (let bits = 1; bits < 64; bits++) {
        const full = order.find(([outcome]) => (bits & (1 << outcome)) !== 0);
        const dim = order.find(([outcome]) => (bits & (1 << (outcome + DIMMED))) !== 0);
        out[bits] = full !== undefined ? full[1].full : dim !== undefined ? dim[1].dim : 0;
      }
      return out;
    };
    this.#tables = [
      table([[2, info]]),
      table([
        [2, info],
        [0, ok],
      ]),
      table([
        [1, fail],
        [2, info],
        [0, ok],
      ]),
    ];
  }

  begin(): void {
    if (this.#any) this.#pixels.fill(0);
    this.#any = false;
    this.#columns.fill(0);
  }

  /** Marks a tick of the lane that is being filled; `x` and `width` in CSS pixels. */
  tick(x: number, width: number, outcome: number, focused: boolean): void {
    const bit = 1 << (focused ? outcome : outcome + DIMMED);
    const ratio = this.#ratio;
    const first = Math.max(0, Math.round(x * ratio));
    const end = Math.min(
      this.#columns.length,
      Math.max(first + Math.round(TICK * ratio), Math.round((x + width) * ratio)),
    );
    for (let column = first; column < end; column++) this.#columns[column] = (this.#columns[column] as number) | bit;
  }

  /** Fills the rows of a lane with the ticks marked since the last one; `y` and `height` in CSS pixels. */
  lane(y: number, height: number): void {
    const columns = this.#columns;
    const width = columns.length;
    const [edge, upper, lower] = this.#rows;
    const [edgeTable, upperTable, lowerTable] = this.#tables;
    for (let x = 0; x < width; x++) {
      const bits = columns[x] as number;
      edge[x] = edgeTable[bits] as number;
      upper[x] = upperTable[bits] as number;
      lower[x] = lowerTable[bits] as number;
    }
    columns.fill(0);
    this.#any = true;
    const rows = this.#pixels.length / width;
    const at = (css: number): number => Math.min(rows, Math.max(0, Math.round(css * this.#ratio)));
    const copy = (row: Uint32Array, from: number, to: number): void => {
      for (let line = at(from); line < at(to); line++) this.#pixels.set(row, line * width);
    };
    copy(edge, y + 1, y + 3);
    copy(upper, y + 3, y + height / 2);
    copy(lower, y + height / 2, y + height - 3);
    copy(edge, y + height - 3, y + height - 1);
  }

  /** Draws what was filled at a place of a canvas, pixel for pixel. */
  draw(context: CanvasRenderingContext2D, left: number, top: number): void {
    if (!this.#any) return;
    this.#context.putImageData(this.#image, 0, 0);
    const { width, height } = this.#canvas;
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#canvas, left, top, width / this.#ratio, height / this.#ratio);
  }

  /** A colour of the style sheet as pixels, whatever notation it has there. */
  #pixelsOf(colour: string): Shades {
    const dot = document.createElement('canvas');
    dot.width = 1;
    dot.height = 1;
    const pen = dot.getContext('2d', { willReadFrequently: true });
    if (pen === null) return { full: 0, dim: 0 };
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const { data } = pen.getImageData(0, 0, 1, 1);
    const dimmed = new Uint8ClampedArray(data);
    dimmed[3] = 255 * DIM_ALPHA;
    return {
      full: new Uint32Array(data.buffer)[0] as number,
      dim: new Uint32Array(dimmed.buffer)[0] as number,
    };
  }
}

interface Shades {
  readonly full: number;
  readonly dim: number;
}
