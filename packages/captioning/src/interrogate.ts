import type { ImageTextEmbedder } from "@loramill/contracts";
import { similarity } from "./combine-answers.ts";
import { estimateTokens, MARK_TOKENS } from "./count-tokens.ts";

/** Words that a prompt may be made of, by what they say. */
export interface InterrogationTables {
  readonly mediums: readonly string[];
  readonly artists: readonly string[];
  readonly movements: readonly string[];
  readonly trending: readonly string[];
  readonly flavors: readonly string[];
}

export type InterrogationMode = "best" | "classic" | "fast";

export interface Interrogation {
  readonly picture: Uint8Array;
  /** What a captioner said: prompts begin with it. */
  readonly caption: string;
  readonly mode: InterrogationMode;
  readonly signal: AbortSignal;
}

/** Points of labels, computed or remembered; one for each. */
export type LabelPoints = (labels: readonly string[], signal: AbortSignal) => Promise<readonly Float32Array[]>;

type Points = ReadonlyMap<string, Float32Array>;

/** Labels that are embedded at once, and that `best` chooses from. */
const CHUNK = 2048;
/** `best` goes on for at least and at most so many words, as long as it gets closer. */
const MIN_ROUNDS = 8;
const MAX_ROUNDS = 32;
const FAST_LABELS = 32;
const CLASSIC_FLAVORS = 3;

/**
 * CLIP-Interrogator's method over any embedder: labels are ranked by how close they lie to the picture and put behind the
 * caption. Points of all labels are asked for with the first picture, and kept for as long as the interrogator is.
 */
export function createInterrogator(
  embedder: ImageTextEmbedder,
  tables: InterrogationTables,
  pointsOf: LabelPoints = (labels, signal) => embedder.embedTexts(labels, signal),
): (interrogation: Interrogation) => Promise<string> {
  const all = allOf(tables);
  const count = embedder.countTokens ?? ((text: string) => estimateTokens(text) + MARK_TOKENS.clip);
  const fits = (prompt: string) => count(prompt) <= embedder.maxTokens;
  let loading: Promise<Points> | null = null;

  async function load(signal: AbortSignal): Promise<Points> {
    const points = new Map<string, Float32Array>();
    for (let at = 0; at < all.length; at += CHUNK) {
      const chunk = all.slice(at, at + CHUNK);
      const embedded = await pointsOf(chunk, signal);
      for (const [index, label] of chunk.entries()) points.set(label, embedded[index] as Float32Array);
    }
    return points;
  }

  /** Loads once for all pictures; whoever waits for a load that another's abort has ended begins a new one. */
  async function labelPoints(signal: AbortSignal): Promise<Points> {
    for (;;) {
      // Before the load is begun: nobody would wait for it, and its failure would end the process.
      signal.throwIfAborted();
      const isMine = loading === null;
      loading ??= load(signal).catch((error: unknown) => {
        loading = null;
        throw error;
      });
      try {
        return await orAborted(loading, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (isMine) throw error;
      }
    }
  }

  /** The labels closest to the picture, closest first. */
  async function rank(picture: Float32Array, labels: readonly string[], most: number, signal: AbortSignal) {
    const points = await labelPoints(signal);
    return closest(
      picture,
      labels,
      labels.map((label) => points.get(label) as Float32Array),
    ).slice(0, most);
  }

  /** A prompt without the last parts that a text encoder would not read. */
  function short(prompt: string): string {
    const parts = prompt.split(", ");
    while (parts.length > 1 && !fits(parts.join(", "))) parts.pop();
    return parts.join(", ");
  }

  async function classic(picture: Float32Array, caption: string, signal: AbortSignal): Promise<string> {
    const top = async (table: readonly string[], count = 1) => rank(picture, table, count, signal);
    const [medium = ""] = await top(tables.mediums);
    const [artist = ""] = await top(tables.artists);
    const [trending = ""] = await top(tables.trending);
    const [movement = ""] = await top(tables.movements);
    const flavors = await top(tables.flavors, CLASSIC_FLAVORS);
    // A caption that begins with the medium says it already.
    const named = medium !== "" && caption.startsWith(medium) ? artist : `${medium} ${artist}`.trim();
    return short([caption, named, trending, movement, ...flavors].filter((part) => part !== "").join(", "));
  }

  async function fast(picture: Float32Array, caption: string, signal: AbortSignal): Promise<string> {
    return short([caption, ...(await rank(picture, all, FAST_LABELS, signal))].join(", "));
  }

  /** Adds the label that brings the prompt closest to the picture, again and again. */
  async function chain(picture: Float32Array, caption: string, signal: AbortSignal): Promise<string> {
    const labels = new Set(await rank(picture, all, CHUNK, signal));
    const scoreOf = async (texts: readonly string[]) =>
      (await embedder.embedTexts(texts, signal)).map((point) => similarity(picture, point));
    let prompt = caption;
    let [score = 0] = await scoreOf([prompt]);
    let best = { prompt, score };
    for (let round = 0; round < MAX_ROUNDS && labels.size > 0; round += 1) {
      const candidates = [...labels];
      const scores = await scoreOf(candidates.map((label) => `${prompt}, ${label}`));
      const at = scores.indexOf(Math.max(...scores));
      const [label = "", found = 0] = [candidates[at], scores[at]];
      const next = `${prompt}, ${label}`;
      if (!fits(next) || (found <= score && round >= MIN_ROUNDS)) break;
      labels.delete(label);
      prompt = next;
      score = found;
      if (score > best.score) best = { prompt, score };
    }
    return best.prompt;
  }

  return async ({ picture: bytes, caption, mode, signal }) => {
    const picture = await embedder.embedImage(bytes, signal);
    if (mode === "classic") return classic(picture, caption, signal);
    if (mode === "fast") return fast(picture, caption, signal);
    const candidates = [
      caption,
      await classic(picture, caption, signal),
      await fast(picture, caption, signal),
      await chain(picture, caption, signal),
    ];
    return closest(picture, candidates, await embedder.embedTexts(candidates, signal))[0] ?? caption;
  };
}

/** What is waited for, or the reason of the abort, whichever comes first. */
async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function allOf({ mediums, artists, movements, trending, flavors }: InterrogationTables): string[] {
  return [...new Set([...artists, ...flavors, ...mediums, ...movements, ...trending])];
}

/** Texts by how close their points lie to the picture, closest first. */
function closest(picture: Float32Array, texts: readonly string[], points: readonly Float32Array[]): string[] {
  return texts
    .map((text, index) => ({ text, score: similarity(picture, points[index] as Float32Array) }))
    .sort((a, b) => b.score - a.score)
    .map(({ text }) => text);
}
