import { describe, expect, it } from "vitest";
import { type ByteSource, memorySource, objectSource } from "../byte-source.ts";
import { tensorsSha256 } from "../metadata/file-hashes.ts";
import { readTensor } from "../streams/stored-tensors.ts";
import { editMetadata } from "./edit-metadata.ts";
import { readSafetensors, readSafetensorsHeader } from "./read-safetensors.ts";
import { type StreamedTensor, streamed, streamSafetensors, writeSafetensors } from "./write-safetensors.ts";

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat(await Array.fromAsync(chunks)));
}

const bytes = (length: number, seed: number) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed) % 256);
const tensors = [
  { name: "b", dtype: "F16", shape: [3, 2], data: bytes(12, 1) },
  { name: "a", dtype: "F32", shape: [5], data: bytes(20, 2) },
  { name: "empty", dtype: "I64", shape: [0, 4], data: bytes(0, 3) },
] as const;

/** A file of two gigabytes of which only the header exists: any read past it is an error. */
function hugeFile(): { source: ByteSource; bytesRead: () => number } {
  const entries = Array.from({ length: 720 }, (_, i) => ({
    name: `lora_unet_down_blocks_${i}_attentions_0_transformer_blocks_0_attn1_to_q.lora_down.weight`,
    dtype: "F32" as const,
    shape: [1_000, 730],
  }));
  const { size, chunks } = streamSafetensors(entries.map((entry) => ({ ...entry, body: () => noBytes() })));
  let read = 0;
  let head: Promise<Uint8Array> | undefined;
  const first = async () => (await chunks[Symbol.asyncIterator]().next()).value as Uint8Array;
  return {
    bytesRead: () => read,
    source: {
      size,
      bytes: async (from, to) => {
        head ??= first();
        read += to - from;
        const file = new Uint8Array(to - from);
        file.set((await head).subarray(from, to));
        return file;
      },
    },
  };
}
async function* noBytes(): AsyncGenerator<Uint8Array> {}

describe("readSafetensorsHeader", () => {
  it("reads less than 1 MB of a file of 2 GB", async () => {
    const { source, bytesRead } = hugeFile();
    expect(source.size).toBeGreaterThan(2e9);
    expect((await readSafetensorsHeader(source)).tensors.size).toBe(720);
    expect(bytesRead()).toBeLessThan(1_000_000);
  });

  it("reads a header larger than its first read, and single tensors after it", async () => {
    const file = writeSafetensors([...tensors], { note: "x".repeat(400_000) });
    const reads: number[] = [];
    const source: ByteSource = {
      size: file.length,
      bytes: async (from, to) => {
        reads.push(to - from);
        return file.subarray(from, to);
      },
    };
    const header = await readSafetensorsHeader(source);
    expect(reads).toHaveLength(2);
    const info = header.tensors.get("a");
    expect(info && (await readTensor({ source, header }, info)).data).toEqual(tensors[1].data);
  });

  it("names what is wrong when the source ends before the header does", async () => {
    const file = writeSafetensors([...tensors], { note: "x".repeat(400_000) });
    const short: ByteSource = {
      size: file.length,
      bytes: async (from, to) => file.subarray(from, Math.min(to, 300_000)),
    };
    await expect(readSafetensorsHeader(short)).rejects.toMatchObject({ details: { problem: "InvalidHeaderLength" } });
  });

  it("reads objects of the store by inclusive ranges", async () => {
    const file = writeSafetensors([...tensors]);
    const ranges: unknown[] = [];
    const source = await objectSource(
      {
        head: async (key) => ({ key, bytes: file.length, modifiedAt: new Date(0) }),
        get: async (_key, options) => {
          ranges.push(options?.range);
          const { start = 0, end = file.length - 1 } = options?.range ?? {};
          const part = file.subarray(start, end + 1);
          return {
            body: (async function* () {
              yield part.subarray(0, 5);
              yield part.subarray(5);
            })(),
            bytes: part.length,
            totalBytes: file.length,
            contentType: undefined,
          };
        },
      },
      "blobs/x",
    );
    expect((await readSafetensorsHeader(source)).tensors.size).toBe(3);
    expect(ranges).toEqual([{ start: 0, end: file.length - 1 }]);
  });
});

describe("streamSafetensors", () => {
  it("gives the bytes of the writer in memory, and their number before the first", async () => {
    const stream = streamSafetensors([...tensors].map(streamed), { b: "2", a: "1" });
    const file = await collect(stream.chunks);
    expect(file).toEqual(writeSafetensors(tensors, { a: "1", b: "2" }));
    expect(stream.size).toBe(file.length);
  });

  it("opens each body only when the one before it has ended", async () => {
    const events: string[] = [];
    const noisy = ["a", "b"].map(
      (name): StreamedTensor => ({
        name,
        dtype: "U8",
        shape: [2],
        body: async function* () {
          events.push(`open ${name}`);
          yield bytes(1, 0);
          yield bytes(1, 0);
          events.push(`end ${name}`);
        },
      }),
    );
    await collect(streamSafetensors(noisy).chunks);
    expect(events).toEqual(["open a", "end a", "open b", "end b"]);
  });

  it.each([1, 3])("stops at a body of %i bytes where its shape needs two", async (length) => {
    const body = () => memoryBody(bytes(length, 0));
    await expect(collect(streamSafetensors([{ name: "a", dtype: "U8", shape: [2], body }]).chunks)).rejects.toThrow(
      RangeError,
    );
  });

  it("refuses shapes that are no sizes before any byte", () => {
    for (const shape of [[-1], [0.5], [2 ** 53, 2 ** 53]]) {
      expect(() => streamSafetensors([{ name: "a", dtype: "U8", shape, body: noBytes }])).toThrow(RangeError);
    }
  });
});

async function* memoryBody(data: Uint8Array): AsyncGenerator<Uint8Array> {
  yield data;
}

describe("editMetadata", () => {
  const file = writeSafetensors(tensors, { title: "old title", other: "kept" });
  const edit = (title: string) =>
    editMetadata(memorySource(file), (metadata) => ({ ...Object.fromEntries(metadata), title }));

  it("changes only the header's bytes when the new one fits into the old one's room", async () => {
    const edited = await edit("new");
    expect(edited.isInPlace).toBe(true);
    const patched = new Uint8Array(file);
    patched.set(edited.head);
    expect(await collect(edited.chunks)).toEqual(patched);
    expect(Object.fromEntries(readSafetensors(patched).metadata)).toEqual({ title: "new", other: "kept" });
  });

  it("moves the tensors as one block when it does not", async () => {
    const edited = await edit("a much longer title ".repeat(20));
    const bytesOut = await collect(edited.chunks);
    expect(edited.isInPlace).toBe(false);
    expect(edited.size).toBe(bytesOut.length);
    expect(tensorsSha256(bytesOut)).toBe(tensorsSha256(file));
    expect(readSafetensors(bytesOut).metadata.get("title")?.length).toBe(400);
  });
});
