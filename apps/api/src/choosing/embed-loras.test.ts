import { type Digest, sha256Hex } from "@loramill/contracts";
import { createLetterEmbedder } from "@loramill/testkit";
import { expect, test } from "vitest";
import { createEmbeddings } from "./embed-loras.ts";

const bytes = new TextEncoder();

/** Covers whose bytes are the texts that they show, and memos in memory. */
function stores(covers: readonly string[] = []) {
  const kept = new Map<string, unknown>();
  const blobs = new Map(covers.map((text) => [sha256Hex(text), bytes.encode(text)]));
  let reads = 0;
  return {
    reads: () => reads,
    stores: {
      memos: {
        find: async (kind: string, key: Digest) => {
          reads += 1;
          return kept.get(kind + key);
        },
        put: async (kind: string, key: Digest, value: unknown) => void kept.set(kind + key, value),
      },
      blobs: { read: async ({ sha256 }: { sha256: Digest }) => blobs.get(sha256) },
    } as never,
  };
}

test("a LoRA is the middle of its words and the point of its cover, in the space of the prompt", async () => {
  const { stores: kept } = stores(["cat"]);
  const embeddings = createEmbeddings(createLetterEmbedder(), kept);
  const [lora, bare] = await embeddings.ofLoras([
    { texts: ["aaa", "", "b"], cover: sha256Hex("cat") },
    { texts: [" "], cover: null },
  ]);
  expect(lora?.embedding).toMatchObject({ model: "letters/1" });
  expect(lora?.embedding?.vector.slice(0, 3)).toEqual([0.5, 0.5, 0]);
  const cat = (await embeddings.ofPrompts(["cat", "cat", ""])).get("cat");
  expect(lora?.coverEmbedding).toEqual(cat);
  expect(bare).toEqual({ embedding: null, coverEmbedding: null });
});

test("what was embedded once is remembered, also by the next process", async () => {
  const { stores: kept, reads } = stores();
  const embedder = createLetterEmbedder();
  const lora = { texts: ["ink wash", "a fox in ink"], cover: null };
  const first = createEmbeddings(embedder, kept);
  const [point] = await first.ofLoras([lora]);
  expect(embedder.embedded).toBe(2);
  const before = reads();
  expect(await first.ofLoras([lora])).toEqual([point]);
  expect(reads(), "held in memory").toBe(before);
  expect(await createEmbeddings(embedder, kept).ofLoras([lora])).toEqual([point]);
  expect(embedder.embedded).toBe(2);
});

test("a large library is embedded bit by bit, the newest first", async () => {
  const embeddings = createEmbeddings(createLetterEmbedder(), stores().stores);
  const loras = Array.from({ length: 40 }, (_, at) => ({
    texts: [`${"abcdefghij"[at % 10]}`.repeat(at + 1)],
    cover: null,
  }));
  const known = async () => (await embeddings.ofLoras(loras)).map(({ embedding }) => embedding !== null);
  expect(await known()).toEqual(loras.map((_, at) => at < 32));
  expect(await known()).toEqual(loras.map(() => true));
});

test("without an embedder, or with one that is not there, there are no points", async () => {
  const away = { ...createLetterEmbedder(), isAvailable: async () => ({ available: false, message: "no files" }) };
  for (const embedder of [null, away]) {
    const embeddings = createEmbeddings(embedder, stores().stores);
    expect(await embeddings.ofPrompts(["cat"])).toEqual(new Map());
    expect(await embeddings.ofLoras([{ texts: ["cat"], cover: null }])).toEqual([
      { embedding: null, coverEmbedding: null },
    ]);
  }
});
