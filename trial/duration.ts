/** Lengths of time as people write them: "500ms", "30s", "5m", "1.5h". */

const UNITS_MS: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

export const DURATION_PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/** Milliseconds, or null for text that is no duration. */
export function parseDuration(text: string): number | null {
  const [, number, unit] = DURATION_PATTERN.exec(text) ?? [];
  const factor = UNITS_MS[unit ?? ''];
  return factor === undefined ? null : Math.round(Number(number) * factor);
}
