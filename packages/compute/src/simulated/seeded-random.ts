/** A repeatable series of numbers from 0 to 1, 1 excluded (mulberry32); `streams` of one seed are independent of each other. */
export function seededRandom(seed: number, stream = 0): () => number {
  let state = (seed ^ Math.imul(stream + 1, 0x9e3779b1)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One draw of a normal distribution with mean 0 and deviation 1 (Box–Muller). */
export function drawNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Until the next of events that come `perHour` times an hour on average, in milliseconds; infinite for none. */
export function drawWaitMs(random: () => number, perHour: number): number {
  return perHour <= 0 ? Number.POSITIVE_INFINITY : (-Math.log(1 - random()) / perHour) * 3_600_000;
}
