/** Uniform in [0, 1); a new number at each call. */
export type Random = () => number;

/** A standard normal number, by Box and Muller (1958). */
export function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * A Gamma(shape, 1) number, by Marsaglia and Tsang, "A simple method for generating gamma variables" (2000); their boost
 * serves shapes below 1.
 */
function drawGamma(shape: number, random: Random): number {
  if (shape < 1) return drawGamma(shape + 1, random) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** A Beta(alpha, beta) number in [0, 1]; both parameters above 0. */
export function drawBeta(alpha: number, beta: number, random: Random): number {
  const x = drawGamma(alpha, random);
  const y = drawGamma(beta, random);
  return x + y === 0 ? alpha / (alpha + beta) : x / (x + y);
}
