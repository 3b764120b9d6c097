import { type Digest, digestOf, type ImageTextEmbedder, type Stores } from "@loramill/contracts";
import type { Embedding } from "@loramill/intelligence";
import { z } from "zod";

/** What of a LoRA is embedded. */
export interface Embeddable {
  /** Trigger words, tags, notes and captions; the first few tell enough. */
  readonly texts: readonly string[];
  readonly cover: Digest | null;
}

export interface LoraEmbeddings {
  /** Mean of the texts. */
  readonly embedding: Embedding | null;
  readonly coverEmbedding: Embedding | null;
}

/** Turns prompts and LoRAs into points of one space; without an embedder into nothing. */
export interface Embeddings {
  /** By the prompt's text; of very many prompts the first. */
  ofPrompts(prompts: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, Embedding>>;
  /** In the order of the LoRAs. */
  ofLoras(loras: readonly Embeddable[], signal?: AbortSignal): Promise<readonly LoraEmbeddings[]>;
}

/** A text takes some 15 ms on a processor, a picture 100 ms: what is new is bounded, so that nobody waits long. */
const MOST_TEXTS = 8;
const MOST_PROMPTS = 64;
const MOST_NEW_LORAS = 32;
/** LoRAs whose memos are read at one question; in a bucket each takes some milliseconds. */
const MOST_READ_LORAS = 200;
/** Points in memory, each of a few kilobytes. */
const MOST_POINTS = 5_000;
const MAX_COVER_BYTES = 32 * 1024 * 1024;
const MEMO_KIND = "embedding";
const Point = z.array(z.number()).min(1);

const NONE: LoraEmbeddings = { embedding: null, coverEmbedding: null };

/** How far a point is looked for: in memory, in the store too, and at last by computing it. */
type Effort = "memory" | "memo" | "compute";

/**
 * Points are kept as memos under what they were computed from, so that they are computed once for all processes, and in
 * memory. Of a library that was never embedded the newest 32 LoRAs are at the first question, and so on until all are.
 */
export function createEmbeddings(
  embedder: ImageTextEmbedder | null,
  { memos, blobs }: Pick<Stores, "memos" | "blobs">,
): Embeddings {
  if (embedder === null) return { ofPrompts: async () => new Map(), ofLoras: async (loras) => loras.map(() => NONE) };
  const model = embedder.id;
  const points = new Map<Digest, Embedding>();

  function hold(key: Digest, vector: readonly number[]): Embedding {
    const point = { model, vector };
    points.set(key, point);
    const [oldest] = points.keys();
    if (points.size > MOST_POINTS && oldest !== undefined) points.delete(oldest);
    return point;
  }

  async function find(
    key: Digest,
    effort: Effort,
    compute: () => Promise<ArrayLike<number>>,
  ): Promise<Embedding | null> {
    const held = points.get(key);
    if (held !== undefined) return held;
    if (effort === "memory") return null;
    const memo = Point.safeParse(await memos.find(MEMO_KIND, key)).data;
    if (memo !== undefined) return hold(key, memo);
    if (effort === "memo") return null;
    const vector = Array.from(await compute());
    await memos.put(MEMO_KIND, key, vector);
    return hold(key, vector);
  }

  const ofTexts = (texts: readonly string[], effort: Effort, signal: AbortSignal) =>
    find(digestOf({ model, texts: [...texts] }), effort, async () => meanOf(await embedder.embedTexts(texts, signal)));

  const ofCover = (cover: Digest, effort: Effort, signal: AbortSignal) =>
    find(digestOf({ model, cover }), effort, async () => {
      const picture = await blobs.read({ sha256: cover }, { maxBytes: MAX_COVER_BYTES, signal });
      return embedder.embedImage(picture, signal);
    });

  return {
    async ofPrompts(prompts, signal = new AbortController().signal) {
      if (!(await embedder.isAvailable(signal)).available) return new Map();
      const some = [...new Set(prompts)].filter((prompt) => prompt.trim() !== "").slice(0, MOST_PROMPTS);
      const known = new Map<string, Embedding>();
      for (const prompt of some) {
        const point = await ofTexts([prompt], "compute", signal);
        if (point !== null) known.set(prompt, point);
      }
      return known;
    },

    async ofLoras(loras, signal = new AbortController().signal) {
      if (!(await embedder.isAvailable(signal)).available) return loras.map(() => NONE);
      const left = { memo: MOST_READ_LORAS, compute: MOST_NEW_LORAS };
      const all: LoraEmbeddings[] = [];
      for (const { texts: given, cover } of loras) {
        const texts = given.filter((text) => text.trim() !== "").slice(0, MOST_TEXTS);
        const look = async (effort: Effort): Promise<LoraEmbeddings> => ({
          embedding: texts.length === 0 ? null : await ofTexts(texts, effort, signal),
          coverEmbedding: cover === null ? null : await ofCover(cover, effort, signal),
        });
        const isWhole = ({ embedding, coverEmbedding }: LoraEmbeddings) =>
          (texts.length === 0 || embedding !== null) && (cover === null || coverEmbedding !== null);
        let found = await look("memory");
        for (const effort of ["memo", "compute"] as const) {
          if (isWhole(found) || left[effort] === 0) break;
          left[effort] -= 1;
          found = await look(effort);
        }
        all.push(found);
      }
      return all;
    },
  };
}

/** Points in the middle of others, of any length but zero. */
function meanOf(vectors: readonly Float32Array[]): number[] {
  const [first] = vectors;
  return Array.from(
    first ?? [],
    (_, at) => vectors.reduce((sum, vector) => sum + (vector[at] ?? 0), 0) / vectors.length,
  );
}
