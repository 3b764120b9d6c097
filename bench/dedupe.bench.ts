import { createNearIndex, type NearIndex } from "@loramill/imaging";
import { seededRandom } from "@loramill/testkit";
import { type Bench, cpuClock } from "./harness.ts";

const MILLION = 1_000_000;
/** Hashes that are compared with all others by hand for the recall, and those with a planted neighbour. */
const SAMPLE = 60;
const PLANTED = 20_000;
const LOOKUPS = 2_000;

/**
 * All pairs of a million 64-bit hashes, in seconds of computing on one core, at most 3 and at most 8 bits apart; `flat`:
 * with 30 % of the pictures flat, that is with one of three hashes. `recall`: of the pairs that a look at all hashes finds
 * for a sample, how many the index finds, the lesser of both sets. `lookup`: adding one hash and asking for its neighbours
 * within 8 bits, in microseconds.
 */
export const bench: Bench = {
  name: "dedupe",
  run: async () => {
    const plain = measure(0);
    const flat = measure(0.3);
    return {
      allPairs3Seconds: plain.seconds3,
      allPairs8Seconds: plain.seconds8,
      allPairs3SecondsFlat: flat.seconds3,
      allPairs8SecondsFlat: flat.seconds8,
      recall: Math.min(plain.recall, flat.recall),
      lookupMicroseconds: plain.lookup,
      bytesPerHash: plain.bytes,
    };
  },
};

function measure(flatShare: number) {
  const words = drawHashes(flatShare);
  const index = createNearIndex();
  const clock = cpuClock();
  for (let at = 0; at < MILLION; at++) index.add(hexOf(words, at));
  console.error(`dedupe: a million hashes added in ${((cpuClock() - clock) / 1_000).toFixed(1)} s`);
  const within3 = timePairs(index, 3);
  const within8 = timePairs(index, 8);
  const leaders = findLeaders(words);
  const recall = Math.min(
    recallOf(words, leaders, index, within3.pairs, 3),
    recallOf(words, leaders, index, within8.pairs, 8),
  );
  const bytes = index.toBytes().length / MILLION;
  return { seconds3: within3.seconds, seconds8: within8.seconds, recall, lookup: timeLookups(index), bytes };
}

/** Random hashes; a few get neighbours at every distance up to 10; flat ones are scattered over them. */
function drawHashes(flatShare: number): Uint32Array {
  const random = seededRandom(20);
  const words = Uint32Array.from({ length: MILLION * 2 }, () => random() * 2 ** 32);
  for (let at = 0; at < MILLION; at++) {
    if (random() >= flatShare) continue;
    const shade = Math.floor(random() * 3);
    words[at * 2] = shade === 2 ? 0xffffffff : 0;
    words[at * 2 + 1] = shade === 0 ? 0 : 0xffffffff;
  }
  for (let n = 0; n < PLANTED; n++) {
    const [from, to] = [n * 2, MILLION - 2 - n * 2];
    words.copyWithin(to * 2, from * 2, from * 2 + 2);
    for (let flip = 0; flip < n % 11; flip++) {
      const bit = Math.floor(random() * 64);
      words[to * 2 + (bit >> 5)] = (words[to * 2 + (bit >> 5)] as number) ^ (1 << (bit & 31));
    }
  }
  return words;
}

function hexOf(words: Uint32Array, at: number): string {
  const word = (value: number) => value.toString(16).padStart(8, "0");
  return word(words[at * 2] as number) + word(words[at * 2 + 1] as number);
}

function timePairs(index: NearIndex, distance: number) {
  const pairs = new Set<string>();
  const started = cpuClock();
  index.pairs(distance, (a, b) => pairs.add(`${a} ${b}`));
  return { seconds: (cpuClock() - started) / 1_000, pairs };
}

/** For each hash the first that is equal to it, which stands for it among the pairs. */
function findLeaders(words: Uint32Array): Uint32Array {
  const first = new Map<string, number>();
  return Uint32Array.from({ length: MILLION }, (_, at) => {
    const hash = hexOf(words, at);
    const leader = first.get(hash) ?? at;
    first.set(hash, leader);
    return leader;
  });
}

/** Share of the neighbours of a sample that both `pairs` and `near` found. */
function recallOf(
  words: Uint32Array,
  leaders: Uint32Array,
  index: NearIndex,
  pairs: ReadonlySet<string>,
  distance: number,
): number {
  let expected = 0;
  let found = 0;
  for (let n = 0; n < SAMPLE; n++) {
    const at = n * 2;
    const near = new Set(index.near(hexOf(words, at), distance).map((one) => one.at));
    const own = leaders[at] as number;
    for (let other = 0; other < MILLION; other++) {
      if (other === at || distanceOf(words, at, other) > distance) continue;
      expected += 1;
      const leader = leaders[other] as number;
      const isPaired = leader === own || pairs.has(`${Math.min(own, leader)} ${Math.max(own, leader)}`);
      if (near.has(other) && isPaired) found += 1;
    }
  }
  return found / expected;
}

function distanceOf(words: Uint32Array, a: number, b: number): number {
  return (
    bitsOf((words[a * 2] as number) ^ (words[b * 2] as number)) +
    bitsOf((words[a * 2 + 1] as number) ^ (words[b * 2 + 1] as number))
  );
}

function bitsOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return (((fours + (fours >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

function timeLookups(index: NearIndex): number {
  const random = seededRandom(8);
  const word = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  const hashes = Array.from({ length: LOOKUPS }, () => word() + word());
  const started = cpuClock();
  for (const hash of hashes) {
    index.near(hash, 8);
    index.add(hash);
  }
  return ((cpuClock() - started) * 1_000) / LOOKUPS;
}
