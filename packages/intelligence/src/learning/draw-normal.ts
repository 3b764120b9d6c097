/** Uniform in [0, 1); a new number at each call. */
export type Random = () => number;

/** A standard normal number, by Box and Muller (1958). */
export function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
