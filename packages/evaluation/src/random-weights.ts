/**
 * Weights of a fixed random network: the same numbers on every machine, because they come from integer arithmetic and
 * sums alone. Each is nearly normal (a sum of four uniforms), scaled so that a layer keeps the size of its inputs.
 */
export function randomWeights(seed: number, count: number, fanIn: number): Float32Array {
  const weights = new Float32Array(count);
  const scale = Math.sqrt(2 / fanIn);
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  for (let i = 0; i < count; i += 1) {
    weights[i] = (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3) * scale;
  }
  return weights;
}
