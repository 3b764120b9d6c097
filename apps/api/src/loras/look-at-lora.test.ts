import type { Catalog, LibraryLora } from "@loramill/catalog";
import type { GetOptions, LoraView, ObjectStore } from "@loramill/contracts";
import { expect, it } from "vitest";
import { inspectLora, validateByHeader } from "./look-at-lora.ts";

const MIB = 1024 ** 2;

/** A store with one LoRA for Wan of 2 GiB, of which only the header is real; says how many bytes were asked for. */
function largeLora() {
  const module = "lora_unet_blocks_0_self_attn_q";
  const half = 1024 * MIB;
  const entries = {
    __metadata__: { "modelspec.architecture": "wan2.2/lora", "modelspec.trigger_phrase": "zorb" },
    [`${module}.lora_down.weight`]: { dtype: "F16", shape: [half / 8192, 4096], data_offsets: [0, half] },
    [`${module}.lora_up.weight`]: { dtype: "F16", shape: [4096, half / 8192], data_offsets: [half, 2 * half] },
  };
  const json = Buffer.from(JSON.stringify(entries));
  const head = Buffer.alloc(8 + json.length);
  head.writeBigUInt64LE(BigInt(json.length));
  json.copy(head, 8);
  const size = head.length + 2 * half;
  let asked = 0;
  const objects = {
    head: async (key: string) => ({ key, bytes: size, modifiedAt: new Date(0) }),
    async get(_key: string, { range }: GetOptions = {}) {
      if (range?.end === undefined) throw new RangeError("the whole object was asked for");
      const bytes = Buffer.alloc(range.end + 1 - range.start);
      head.copy(bytes, 0, range.start);
      asked += bytes.length;
      return { body: [bytes], bytes: bytes.length, totalBytes: size, contentType: undefined };
    },
  };
  return { stores: { objects: objects as unknown as ObjectStore }, size, asked: () => asked };
}

const row = {
  ...{ id: "lor_1", name: "toys", version: 2, project: "prj_1", family: "wan22" },
  ...{ document: "a".repeat(64), weightsSha256: "b".repeat(64), variant: null, files: [] },
} as unknown as LibraryLora;
const hashes = { autoV2: "bbbbbbbbbb" } as LoraView["hashes"];

/** A library that holds files of these names, `toys` under the first of them. */
const catalogOf = (...files: string[]) =>
  ({
    loras: {
      details: async () => ({ aliases: [{ kind: "file", value: files[0] }], ratings: [], versions: [] }),
      find: async ({ lora }: { lora: string }) => (files.includes(lora) ? row : null),
    },
  }) as unknown as Pick<Catalog, "loras">;

it("tells what a header of 2 GiB says from less than 1 MiB", async () => {
  const { stores, size, asked } = largeLora();
  const found = await inspectLora(row, { hashes }, { metadata: true, keys: true }, stores);
  expect(found).toMatchObject({
    lora: { id: "lor_1", name: "toys", version: 2 },
    description: { family: { family: "wan22" }, dialect: "kohya", bytes: size, triggerWords: [{ word: "zorb" }] },
    hashes: { autoV2: "bbbbbbbbbb" },
    metadata: { "modelspec.trigger_phrase": "zorb" },
    keys: [{ dtype: "F16" }, { dtype: "F16" }],
  });
  expect(asked()).toBeLessThan(MIB);
});

it("judges by the header how a LoRA is to be used, and looks for the other half of its pair in the library", async () => {
  const { stores, asked } = largeLora();
  const codes = async (use: object, ...files: string[]) => {
    const { looked, valid, findings } = await validateByHeader(row, use, { catalog: catalogOf(...files), stores });
    expect([looked, valid]).toEqual(["header", findings.every(({ severity }) => severity !== "error")]);
    return findings.map(({ code }) => code);
  };
  const high = "toys_high_noise.safetensors";
  const alone = await codes({ strength: 3, family: "flux" }, high);
  expect(alone).toEqual(expect.arrayContaining(["strength", "wrong-family", "missing-noise-partner"]));
  expect(await codes({ strength: 1 }, high, "toys_low_noise.safetensors")).not.toContain("missing-noise-partner");
  expect(asked()).toBeLessThan(MIB);
});
