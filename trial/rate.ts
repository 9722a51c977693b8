/** How often something happened in so many tries, and how well that is known. */

/** 97.5 % quantile of the normal distribution: 95 % lie within it on both sides. */
const Z = 1.959964;

/**
 * Wilson's interval for a proportion at 95 % (E. B. Wilson, 1927): it stays within 0 to 1 and makes sense for few tries and for
 * none or all of them, as the plain normal interval does not.
 */
export function wilsonInterval(found: number, tries: number): { readonly low: number; readonly high: number } {
  if (tries === 0) return { low: 0, high: 1 };
  const share = found / tries;
  const spread = 1 + (Z * Z) / tries;
  const centre = (share + (Z * Z) / (2 * tries)) / spread;
  const half = (Z / spread) * Math.sqrt((share * (1 - share)) / tries + (Z * Z) / (4 * tries * tries));
  return { low: found === 0 ? 0 : centre - half, high: found === tries ? 1 : centre + half };
}

/** "3 of 20, 15 %, 95 % CI 5–36 %". */
export function describeRate(found: number, tries: number): string {
  const percent = (share: number): string => String(Math.round(share * 100));
  const { low, high } = wilsonInterval(found, tries);
  return `${found} of ${tries}, ${percent(tries === 0 ? 0 : found / tries)} %, 95 % CI ${percent(low)}–${percent(high)} %`;
}
