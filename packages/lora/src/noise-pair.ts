/** Wan 2.2 14B is two networks, for much and for little noise: its LoRAs come as two files, told apart by name alone. */
export interface NoisePair {
  readonly noise: "high" | "low";
  /** What the other file of the pair is called. */
  readonly partner: string;
  /** What both are called without the word that tells them apart. */
  readonly common: string;
}

/** `high_noise`, `HighNoise`, `-high-` or `_HIGH.` and the like: a word of its own, or followed by "noise". */
const WORD =
  /(?<![a-zA-Z])(?:high|low|High|Low|HIGH|LOW)(?=[nN](?:oise|OISE)|[^a-zA-Z]|$)|(?<=[a-z])(?:High|Low)(?=Noise|[^a-z]|$)/g;

/** The pair a file belongs to by its name; null when the name says neither. The last mention counts. */
export function noisePair(fileName: string): NoisePair | null {
  const found = [...fileName.matchAll(WORD)].at(-1);
  if (found === undefined) return null;
  const word = found[0];
  const noise = word.toLowerCase() === "high" ? "high" : "low";
  const other = likeCase(word, noise === "high" ? "low" : "high");
  const before = fileName.slice(0, found.index);
  const after = fileName.slice(found.index + word.length);
  return { noise, partner: before + other + after, common: withoutWord(before, after) };
}

/** Files as imports take them: both halves of a pair together, high noise first, wherever they stand in the list. */
export function pairFiles<T>(files: readonly T[], nameOf: (file: T) => string): T[][] {
  const byName = new Map(files.map((file) => [nameOf(file), file]));
  return files.flatMap((file) => {
    const pair = noisePair(nameOf(file));
    const partner = pair === null ? undefined : byName.get(pair.partner);
    if (pair === null || partner === undefined) return [[file]];
    return pair.noise === "high" ? [[file, partner]] : [];
  });
}

/** `walk_high_noise.safetensors` as `walk.safetensors`: with the word goes "noise", and the sign that parted it. */
function withoutWord(before: string, after: string): string {
  const rest = after.replace(/^[ _.-]?noise/i, "");
  const isBetween = /[ _-]$/.test(before) && /^([ _.-]|$)/.test(rest);
  return (isBetween ? before.replace(/[ _-]+$/, "") : before) + (before === "" ? rest.replace(/^[ _-]+/, "") : rest);
}

function likeCase(pattern: string, word: string): string {
  if (pattern === pattern.toUpperCase()) return word.toUpperCase();
  return pattern[0] === pattern[0]?.toUpperCase() ? `${word[0]?.toUpperCase()}${word.slice(1)}` : word;
}
