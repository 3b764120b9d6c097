import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { mergeLoras, openLora, runModuleHere, streamLora, streamSafetensors } from "@loramill/lora";
import { type Bench, compare, type Side } from "./harness.ts";
import { openFile, writeStream } from "./lora/files.ts";
import { inspectedBytes } from "./lora/inspected-bytes.ts";
import { sdxlLayers, sdxlLora } from "./lora/sdxl-lora.ts";
import { svdAgainstNumpy } from "./lora/svd-merge.ts";

const RANK = 32;
const WEIGHTS = [0.8, 0.6] as const;
/** Layers that are merged to a rank. */
const SAMPLED = 24;

/**
 * Merging two LoRAs of SDXL's size by joining ranks, file to file, against reading the same bytes, multiplying every value
 * and writing them (`concat`); merging some of their layers to a rank, against numpy's dense route (`svd`); what is read of
 * a file of 2 GB in an S3 store to describe it (`inspectBytes`).
 */
export const bench: Bench = {
  name: "lora",
  run: async () => {
    const folder = await mkdtemp(join(tmpdir(), "loramill-bench-lora-"));
    try {
      const files = [join(folder, "a.safetensors"), join(folder, "b.safetensors")];
      const layers = sdxlLayers();
      for (const [at, file] of files.entries()) {
        await writeStream(file, streamSafetensors(sdxlLora(layers, RANK, RANK / 2, at * 1_000_000)));
      }
      const out = join(folder, "out.safetensors");
      const { ratio, ours } = await compare({ ours: merging(files, out), reference: copying(files, out) });
      const sampled = layers.filter((_, at) => at % Math.floor(layers.length / SAMPLED) === 0).slice(0, SAMPLED);
      const svd = await svdAgainstNumpy({ layers: sampled, rank: RANK, weights: WEIGHTS, folder });
      if (svd === null) console.error("there is no python3 with numpy: lora.svd is left out");
      return {
        concat: ratio,
        concatMegabytesPerSecond: ours,
        ...(svd === null ? {} : { svd }),
        inspectBytes: await inspectedBytes(folder),
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Both files to one, by our merge; answers megabytes read. */
function merging(files: readonly string[], out: string): Side {
  return {
    prepare: () => rm(out, { force: true }),
    async run() {
      const sources = await Promise.all(files.map(openFile));
      const loras = await Promise.all(sources.map(openLora));
      const [first] = loras;
      if (first === undefined) throw new Error("nothing was opened");
      const adapters = mergeLoras(
        loras.map((lora, i) => ({ adapters: lora.adapters, weight: WEIGHTS[i] ?? 1 })),
        { method: { kind: "concat" }, seed: "bench", runModule: runModuleHere },
      );
      await writeStream(out, streamLora({ adapters, from: first, dialect: "kohya", ahead: 4 }));
      for (const { handle } of sources) await handle.close();
      return sources.reduce((sum, { size }) => sum + size, 0) / 1e6;
    },
  };
}

const CHUNK_BYTES = 4 * 1024 * 1024;

/** One file behind the other into a third by Node's streams, every value times a factor by a table of all 16-bit patterns. */
function copying(files: readonly string[], out: string): Side {
  return {
    prepare: () => rm(out, { force: true }),
    async run() {
      let total = 0;
      async function* scaled() {
        for (const [at, file] of files.entries()) {
          const table = tableOf(WEIGHTS[at] ?? 1);
          const chunks: AsyncIterable<Buffer> = createReadStream(file, { highWaterMark: CHUNK_BYTES });
          for await (const chunk of chunks) {
            const values = new Uint16Array(chunk.buffer, chunk.byteOffset, chunk.length / 2);
            for (let i = 0; i < values.length; i += 1) values[i] = table[values[i] as number] as number;
            total += chunk.length;
            yield chunk;
          }
        }
      }
      await pipeline(scaled(), createWriteStream(out, { highWaterMark: CHUNK_BYTES }));
      return total / 1e6;
    },
  };
}

function tableOf(factor: number): Uint16Array {
  const patterns = new Float16Array(Uint16Array.from({ length: 0x10000 }, (_, bits) => bits).buffer);
  return new Uint16Array(patterns.map((value) => value * factor).buffer);
}
