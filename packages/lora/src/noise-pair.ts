/** Wan 2.2 14B is two networks, for much and for little noise: its LoRAs come as two files, told apart by name alone. */
export interface NoisePair {
  readonly noise: "high" | "low";
  /** What the other file of the pair is called. */
  readonly partner: string;
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
  return { noise, partner: fileName.slice(0, found.index) + other + fileName.slice(found.index + word.length) };
}

function likeCase(pattern: string, word: string): string {
  if (pattern === pattern.toUpperCase()) return word.toUpperCase();
  return pattern[0] === pattern[0]?.toUpperCase() ? `${word[0]?.toUpperCase()}${word.slice(1)}` : word;
}
