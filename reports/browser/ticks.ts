/** Where the marks of an axis of time stand. */

/** Round moments for an axis, in nanoseconds: steps of 1, 2 or 5 times a power of ten, at least 90 pixels apart. */
export function ticks(
  from: number,
  to: number,
  width: number,
): { readonly at: readonly number[]; readonly step: number } {
  // Nothing in a record is finer than a nanosecond, or the position of an event.
  const rough = Math.max(1, ((to - from) * 90) / Math.max(90, width));
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  const at: number[] = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) at.push(tick);
  return { at, step };
}
