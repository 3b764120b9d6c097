import { describe, expect, it } from "vitest";
import { randomAdapter } from "../../test/support/random-adapter.ts";
import { readAdapters } from "../adapters/read-adapters.ts";
import { type ByteSource, memorySource } from "../byte-source.ts";
import { changeOf, wholeOf } from "../changes/change.ts";
import { mergeLoras } from "../merge/merge-loras.ts";
import { readSafetensors } from "../safetensors/read-safetensors.ts";
import { fromFloat32 } from "../safetensors/tensor-values.ts";
import { type TensorToWrite, writeSafetensors } from "../safetensors/write-safetensors.ts";
import { runModuleHere as runModule } from "../threads/module-work.ts";
import { loaded } from "./lazy-adapter.ts";
import { openLora } from "./open-lora.ts";
import { readInBlocks } from "./read-blocks.ts";
import { streamLora } from "./stream-lora.ts";

const MODULES = 30;
const names = Array.from({ length: MODULES }, (_, i) => `lora_unet_down_blocks_${i % 3}_attentions_0_layer${i}`);

function kohyaFile(seed: string): Uint8Array {
  const tensors = names.flatMap((module): TensorToWrite[] => {
    const { up, down } = randomAdapter(module, { out: 40, inputs: 30, rank: 5, dtype: "F16", seed }).tensors;
    if (up === undefined || down === undefined) throw new Error("no factors");
    const alpha = {
      name: `${module}.alpha`,
      dtype: "F16" as const,
      shape: [],
      data: fromFloat32("F16", Float32Array.of(3)),
    };
    return [alpha, { name: `${module}.lora_down.weight`, ...down }, { name: `${module}.lora_up.weight`, ...up }];
  });
  return writeSafetensors(tensors, { note: seed });
}

const gather = async (chunks: AsyncIterable<Uint8Array>) =>
  new Uint8Array(Buffer.concat(await Array.fromAsync(chunks)));

/** A source that counts what it holds out. */
function counted(file: Uint8Array): ByteSource & { requests: number } {
  const inner = memorySource(file);
  const source = {
    size: inner.size,
    requests: 0,
    bytes(from: number, to: number) {
      source.requests += 1;
      return inner.bytes(from, to);
    },
  };
  return source;
}

describe("a LoRA that is streamed", () => {
  it("is the file it came from when nothing was done to it", async () => {
    const file = kohyaFile("a");
    const lora = await openLora(memorySource(file));
    const stream = streamLora({ ...lora, from: lora, dialect: "kohya", metadata: { note: "a" }, ahead: 3 });
    expect(stream.size).toBe(file.length);
    expect(await gather(stream.chunks)).toEqual(file);
  });

  it("reads bodies by the block, each adapter once, and a few adapters ahead of the writer", async () => {
    const source = counted(kohyaFile("a"));
    const lora = await openLora(source);
    const opened = source.requests;
    let [running, most, loads] = [0, 0, 0];
    const adapters = lora.adapters.map((adapter) => ({
      ...adapter,
      load: async () => {
        running += 1;
        loads += 1;
        most = Math.max(most, running);
        const values = await adapter.load();
        running -= 1;
        return values;
      },
    }));
    const progress: number[] = [];
    const stream = streamLora({
      adapters,
      from: lora,
      dialect: "kohya",
      ahead: 4,
      onProgress: ({ done, total }) => progress.push(done / total),
    });
    await gather(stream.chunks);
    expect(source.requests - opened).toBe(1);
    expect([loads, most <= 5, progress.length, progress.at(-1)]).toEqual([MODULES, true, MODULES, 1]);
  });

  it("merges file to file", async () => {
    const files = ["a", "b"].map(kohyaFile);
    const loras = await Promise.all(files.map((file) => openLora(memorySource(file))));
    const merged = mergeLoras(
      loras.map(({ adapters }) => ({ adapters, weight: 0.5 })),
      { method: { kind: "concat" }, seed: "s", runModule },
    );
    const [first] = loras;
    if (first === undefined) throw new Error("nothing opened");
    const bytes = await gather(streamLora({ adapters: merged, from: first, dialect: "kohya" }).chunks);
    const [result, ...parts] = [bytes, ...files].map((file) => readAdapters(readSafetensors(file)).adapters);
    expect(result?.map(({ rank, alpha }) => [rank, alpha])).toEqual(names.map(() => [10, 3]));
    const [sum, a, b] = [result?.[7], parts[0]?.[7], parts[1]?.[7]].map((adapter) => {
      if (adapter === undefined) throw new Error("no adapter");
      return wholeOf(changeOf(adapter)).values;
    });
    sum?.forEach((value, i) => {
      expect(value).toBeCloseTo(((a?.[i] ?? 0) + (b?.[i] ?? 0)) / 2, 6);
    });
  });

  it("folds alpha into the factors for dialects that have none", async () => {
    const adapter = randomAdapter("unet.mid_block.attentions.0.proj_in", { alpha: 1.5, rank: 3 });
    const from = { dialect: "diffusers", family: null } as const;
    const stream = streamLora({ adapters: [loaded(adapter)], from, dialect: "diffusers" });
    const file = readSafetensors(await gather(stream.chunks));
    expect([...file.tensors.keys()].map((name) => name.split(".").slice(-2).join("."))).toEqual([
      "lora_A.weight",
      "lora_B.weight",
    ]);
    const [read] = readAdapters(file).adapters;
    if (read === undefined) throw new Error("nothing was read");
    expect(wholeOf(changeOf(read))).toEqual(wholeOf(changeOf(adapter)));
  });

  it("stops when it is called off, and passes on what went wrong", async () => {
    const lora = await openLora(memorySource(kohyaFile("a")));
    const stop = new AbortController();
    const stream = streamLora({
      ...lora,
      from: lora,
      dialect: "kohya",
      signal: stop.signal,
      onProgress: ({ done }) => done === 3 && stop.abort(new Error("enough")),
    });
    await expect(gather(stream.chunks)).rejects.toThrow("enough");
    const broken = lora.adapters.map((adapter) => ({ ...adapter, load: () => Promise.reject(new Error("disk gone")) }));
    await expect(gather(streamLora({ adapters: broken, from: lora, dialect: "kohya" }).chunks)).rejects.toThrow(
      "disk gone",
    );
  });
});

describe("readInBlocks", () => {
  it("answers what the source would, and asks again after a failure", async () => {
    const file = Uint8Array.from({ length: 1_000 }, (_, i) => i);
    let fails = true;
    const source = readInBlocks({
      size: file.length,
      bytes: async (from, to) => {
        if (fails) throw new Error("not now");
        return file.subarray(from, to);
      },
    });
    await expect(source.bytes(10, 20)).rejects.toThrow("not now");
    fails = false;
    for (const [from, to] of [
      [10, 20],
      [15, 1_000],
      [0, 5],
      [0, 0],
    ] as const) {
      expect(await source.bytes(from, to)).toEqual(file.subarray(from, to));
    }
  });
});
