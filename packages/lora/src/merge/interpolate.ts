/** Above this cosine two directions are one, and the sine that slerp divides by is noise. */
const NEARLY_PARALLEL = 0.9995;

/** Weights of a straight line from the first (t = 0) to the second (t = 1). */
export function lerpWeights(t: number): readonly [first: number, second: number] {
  return [1 - t, t];
}

/**
 * Weights of spherical interpolation: the angle is taken between the directions, the weights apply to the tensors as they
 * are. The interpolation of two factored changes is therefore still an exact join of ranks.
 */
export function slerpWeights(cosine: number, t: number): readonly [first: number, second: number] {
  if (!(Math.abs(cosine) <= NEARLY_PARALLEL)) return lerpWeights(t);
  const angle = Math.acos(cosine);
  return [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
}
