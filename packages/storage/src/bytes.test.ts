import { expect, it } from "vitest";
import { chunksOf, collect, gatherSmall, resolveRange } from "./bytes.ts";

async function textOf(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.from(await collect(chunksOf(body), 1000, "body")).toString();
}

async function* letters(text: string, closed?: () => void): AsyncGenerator<Uint8Array> {
  try {
    for (const letter of text) yield Buffer.from(letter);
  } finally {
    closed?.();
  }
}

it("lets go of a source that keeps it waiting, as soon as the signal aborts", async () => {
  const stop = new AbortController();
  async function* waiting(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("a");
    stop.abort(new Error("no longer wanted"));
    await new Promise(() => {});
  }
  await expect(collect(chunksOf(waiting(), stop.signal), 10, "x")).rejects.toThrow("no longer wanted");
});

it("closes its source when the reader leaves, when it fails and when it is aborted", async () => {
  let closed = 0;
  const count = () => {
    closed += 1;
  };
  for await (const _ of chunksOf(letters("abc", count), new AbortController().signal)) break;
  expect(closed).toBe(1);
  await expect(collect(chunksOf(letters("abc", count), new AbortController().signal), 2, "x")).rejects.toMatchObject({
    code: "blob-too-large",
  });
  expect(closed).toBe(2);
});

it("holds small bodies and passes large ones on whole", async () => {
  for (const length of [0, 1, 4, 5, 6, 20]) {
    const text = "x".repeat(length);
    const gathered = await gatherSmall(letters(text), 5);
    expect(gathered instanceof Uint8Array).toBe(length <= 5);
    expect(await textOf(gathered)).toBe(text);
  }
  const memory = Buffer.from("any size");
  expect(await gatherSmall(memory, 1)).toBe(memory);
});

it("clips ranges to what there is and refuses those outside", () => {
  expect(resolveRange(undefined, 0)).toEqual({ start: 0, bytes: 0 });
  expect(resolveRange({ start: 2, end: 100 }, 10)).toEqual({ start: 2, bytes: 8 });
  for (const range of [{ start: 10 }, { start: 0.5 }, { start: 3, end: 2 }, { start: -1 }]) {
    expect(() => resolveRange(range, 10)).toThrow(/range/);
  }
  expect(() => resolveRange({ start: 0 }, 0)).toThrow(/range/);
});
