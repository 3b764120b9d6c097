import { UserError } from "@loramill/contracts";
import { dialects } from "../../src/adapters/dialects.ts";
import { readAdapters } from "../../src/adapters/read-adapters.ts";
import { writeAdapters } from "../../src/adapters/write-adapters.ts";
import type { ByteSource } from "../../src/byte-source.ts";
import { describeLora } from "../../src/describe-lora.ts";
import { readTorchFile } from "../../src/pickle/read-torch-file.ts";
import { walkPickle } from "../../src/pickle/walk-pickle.ts";
import { readSafetensors } from "../../src/safetensors/read-safetensors.ts";
import { writeSafetensors } from "../../src/safetensors/write-safetensors.ts";
import cases from "../vectors/safetensors-cases.json" with { type: "json" };
import torchFiles from "../vectors/torch-files.json" with { type: "json" };
import { seeded } from "./random-lora.ts";

type Random = () => number;

const decode = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));
const below = (random: Random, limit: number) => Math.floor(random() * limit);
const pick = <T>(random: Random, items: readonly T[]): T => items[below(random, items.length)] as T;

const soundFile = writeSafetensors(
  [
    { name: "lora_unet_x.lora_down.weight", dtype: "F16", shape: [2, 3], data: new Uint8Array(12) },
    { name: "lora_unet_x.lora_up.weight", dtype: "F16", shape: [4, 2], data: new Uint8Array(16) },
    { name: "lora_unet_x.alpha", dtype: "F32", shape: [], data: new Uint8Array(4) },
  ],
  { ss_network_dim: "2" },
);
/** The qkv of a Flux block, which most dialects name and cut in ways of their own. */
const fluxFile = writeSafetensors(
  [
    {
      name: "double_blocks.0.processor.qkv_lora1.down.weight",
      dtype: "F16",
      shape: [3, 2],
      data: new Uint8Array(12).fill(7),
    },
    {
      name: "double_blocks.0.processor.qkv_lora1.up.weight",
      dtype: "F16",
      shape: [6, 3],
      data: new Uint8Array(36).fill(9),
    },
    {
      name: "transformer.single_transformer_blocks.0.proj_mlp.lora_A.weight",
      dtype: "F16",
      shape: [1, 2],
      data: new Uint8Array(4).fill(7),
    },
    {
      name: "transformer.single_transformer_blocks.0.proj_mlp.lora_B.weight",
      dtype: "F16",
      shape: [4, 1],
      data: new Uint8Array(8).fill(7),
    },
  ],
  { "modelspec.architecture": "flux-1-dev/lora" },
);
const safetensorsSeeds = [
  soundFile,
  soundFile,
  fluxFile,
  fluxFile,
  fluxFile,
  ...cases.map(({ base64 }) => decode(base64)),
];
const torchSeeds = [torchFiles.zip, torchFiles.legacy, torchFiles.evil, torchFiles.deflated].map(decode);
/** The pickle inside of the zip: from its protocol to its last byte. */
const pickleSeeds = [
  decode(torchFiles.zip).subarray(46, 700),
  decode(torchFiles.evil_bare_pickle),
  decode(torchFiles.protocol4_pickle),
];

/** Values that readers trip over. */
const corners = [0, 1, 0x7f, 0x80, 0xff, 0x28, 0x2e, 0x52, 0x63, 0x93, 0x95];
const opcodes = "\x80\x02.(N\x88\x89JKM\x8aGXU)t\x85\x86\x87]ae}\x8fsuhjqrcQR\x81b\x93\x94\x95ioP";
const fragments = [
  "[[[[[[[[[[",
  '{"a":',
  '"__proto__":',
  "18446744073709551615",
  "9007199254740993",
  "-1",
  "1e308",
  "\\ud800",
  "ctorch._utils\n_rebuild_tensor_v2\n",
  "ccollections\nOrderedDict\n)R",
  "cos\nsystem\n",
  "\x8a\xff",
  "X\xff\xff\xff\xff",
].map((text) => Buffer.from(text, "latin1"));

function mutate(random: Random, seed: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  let bytes = Buffer.from(seed);
  for (let change = 1 + below(random, 4); change > 0; change -= 1) {
    const at = below(random, bytes.length + 1);
    const insert = (part: Uint8Array) => Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
    const kind = below(random, 8);
    if (kind <= 1 && bytes.length > 0)
      bytes[at % bytes.length] = random() < 0.5 ? pick(random, corners) : below(random, 256);
    else if (kind === 2) bytes = bytes.subarray(0, at);
    else if (kind === 3) bytes = insert(pick(random, fragments));
    else if (kind === 4) bytes = insert(bytes.subarray(at, at + below(random, 64)));
    else if (kind === 5) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + below(random, 16))]);
    else if (kind === 6) bytes = Buffer.concat([bytes.subarray(0, at), pick(random, others).subarray(at)]);
    else if (bytes.length >= at + 8)
      bytes.writeBigUInt64LE(BigInt(below(random, 2 ** 32)) << BigInt(below(random, 33)), at);
  }
  return new Uint8Array(bytes);
}

/** Makes the length before the header true again, so that damage reaches the parser behind it. */
function mendLength(file: Uint8Array): Uint8Array {
  const end = Buffer.from(file).lastIndexOf("}");
  if (end < 8) return file;
  new DataView(file.buffer, file.byteOffset).setBigUint64(0, BigInt(end + 1 - 8), true);
  return file;
}

function randomPickle(random: Random): Uint8Array {
  const length = below(random, 200);
  return Uint8Array.from({ length }, () =>
    random() < 0.7 ? opcodes.charCodeAt(below(random, opcodes.length)) : below(random, 256),
  );
}

/** A source that does not allow to ask for bytes the file does not have, as a careless reader would. */
function strictSource(file: Uint8Array): ByteSource {
  return {
    size: file.length,
    bytes: async (from, to) => {
      if (!(from >= 0 && to >= from && to <= file.length))
        throw new Error(`read of ${from} to ${to} of ${file.length}`);
      return file.subarray(from, to);
    },
  };
}

async function readAll(file: Uint8Array): Promise<void> {
  for (const tensor of (await readTorchFile(strictSource(file))).tensors.values()) {
    const bytes = await tensor.read();
    if (bytes.length > file.length) throw new Error(`a tensor of ${bytes.length} bytes in a file of ${file.length}`);
  }
}

/** One damaged file, read by one reader. */
async function runCase(random: Random): Promise<void> {
  switch (below(random, 4)) {
    case 0:
    case 1: {
      const damaged = mutate(random, pick(random, safetensorsSeeds), safetensorsSeeds);
      const file = readSafetensors(random() < 0.5 ? mendLength(damaged) : damaged);
      describeLora(file);
      writeAdapters(readAdapters(file), pick(random, dialects), { leaveOut: true });
      return;
    }
    case 2:
      walkPickle(random() < 0.3 ? randomPickle(random) : mutate(random, pick(random, pickleSeeds), pickleSeeds));
      return;
    default:
      return readAll(mutate(random, pick(random, torchSeeds), torchSeeds));
  }
}

export interface FuzzReport {
  readonly read: number;
  /** How many files each of our errors refused. */
  readonly refused: ReadonlyMap<string, number>;
  readonly slowestMs: number;
}

/**
 * Reads damaged safetensors files, PyTorch containers and pickles, the same ones for the same seed. Throws, with the
 * number of the case, whatever a reader throws that is not a UserError.
 */
export async function fuzzReaders(cases: number, seed: number): Promise<FuzzReport> {
  const refused = new Map<string, number>();
  let read = 0;
  let slowestMs = 0;
  for (let number = 0; number < cases; number += 1) {
    const start = performance.now();
    try {
      await runCase(seeded(seed * 0x9e3779b1 + number));
      read += 1;
    } catch (error) {
      if (!(error instanceof UserError)) throw new Error(`case ${number} of seed ${seed}`, { cause: error });
      const name = `${error.code} ${error.details.problem ?? ""}`.trim();
      refused.set(name, (refused.get(name) ?? 0) + 1);
    }
    slowestMs = Math.max(slowestMs, performance.now() - start);
  }
  return { read, refused, slowestMs };
}
