import { z } from "zod";
import { JsonObject } from "./digest.ts";
import { LoraHashes, LoraLink, LoraProjectQuery } from "./lora-api.ts";
import { LoraFamily } from "./lora-family.ts";
import { LoraRef } from "./lora-ref.ts";
import { ModelId } from "./model-api.ts";

const Counts = z.record(z.string(), z.int());

/** Everything the header of a LoRA's file tells, and the hashes the library knows. */
export const LoraInspection = z
  .object({
    lora: LoraLink,
    description: z.object({
      title: z.string().nullable(),
      family: z
        .object({ family: LoraFamily, variant: z.string().nullable(), from: z.string().describe("What told it") })
        .nullable(),
      dialect: z.string().nullable(),
      modules: z.int(),
      kinds: Counts.describe("Modules by kind: lora, loha, lokr, full"),
      hasDora: z.boolean(),
      ranks: z.array(z.object({ rank: z.int(), modules: z.int() })).describe("The most frequent first"),
      components: Counts.describe("Modules by network: unet, transformer, text_encoder"),
      unresolved: z.array(z.string()).describe("Modules that the family has no place for"),
      otherTensors: z.int().describe("Tensors that are no parts of adapters"),
      parameters: z.number(),
      dtypes: Counts.describe("Bytes by dtype"),
      bytes: z.int(),
      triggerWords: z.array(z.object({ word: z.string(), from: z.string() })),
      tags: z.array(z.object({ tag: z.string(), count: z.number() })),
      training: JsonObject.describe("What its trainer noted, without the prefix ss_"),
      modelSpec: JsonObject,
      missingModelSpec: z.array(z.string()),
      lineage: JsonObject.nullable(),
      warnings: z.array(z.string()).describe("What a person should look at"),
    }),
    hashes: LoraHashes,
    metadata: z.record(z.string(), z.string()).optional().describe("As it stands in the file, where it was asked for"),
    keys: z
      .array(z.object({ name: z.string(), dtype: z.string(), shape: z.array(z.int()) }))
      .optional()
      .describe("Every tensor, where it was asked for"),
  })
  .meta({
    examples: [
      {
        lora: { id: "lor_0k5x", name: "toys", version: 2, document: "5c".repeat(32) },
        description: {
          title: "toys",
          family: { family: "sdxl", variant: null, from: "modelspec.architecture" },
          dialect: "kohya",
          modules: 722,
          kinds: { lora: 722 },
          hasDora: false,
          ranks: [{ rank: 16, modules: 722 }],
          components: { unet: 722 },
          unresolved: [],
          otherTensors: 0,
          parameters: 46_460_000,
          dtypes: { F16: 92_920_000 },
          bytes: 93_100_000,
          triggerWords: [{ word: "zorb", from: "modelspec.trigger_phrase" }],
          tags: [{ tag: "toy", count: 20 }],
          training: { network_dim: 16, learning_rate: 0.0001 },
          modelSpec: { title: "toys" },
          missingModelSpec: ["modelspec.license"],
          lineage: null,
          warnings: [],
        },
        hashes: {
          sha256: "a7".repeat(32),
          tensorsSha256: "3e".repeat(32),
          autoV1: null,
          autoV2: "a7a7a7a7a7",
          autoV3: "3e3e3e3e3e3e",
          sshs: null,
          sshsLegacy: null,
        },
      },
    ],
  });
export type LoraInspection = z.output<typeof LoraInspection>;

export const LoraInspectQuery = LoraProjectQuery.extend({
  metadata: z.stringbool().default(false).describe("Whether the metadata is given as it stands in the file"),
  keys: z.stringbool().default(false).describe("Whether every tensor is listed"),
});

const use = {
  family: LoraFamily.optional().describe("What it is to be used with; default: what it was made for"),
  model: ModelId.optional().describe("A base model that it is to be used with, instead of a family"),
};
/** How a LoRA is to be used, which it is then judged for. */
export const LoraValidateQuery = LoraProjectQuery.extend({
  strength: z.coerce.number().min(-100).max(100).optional().describe("What it is to be applied with; usual is 0 to 2"),
  ...use,
});
export const LoraValidateRequest = z
  .strictObject({ strength: z.number().min(-100).max(100).optional(), ...use })
  .meta({ examples: [{ strength: 0.8, family: "sdxl" }] });
export type LoraValidateRequest = z.output<typeof LoraValidateRequest>;

export const LoraCompareRequest = z
  .strictObject({ a: LoraRef, b: LoraRef, ...LoraProjectQuery.shape })
  .meta({ examples: [{ a: "toys@1", b: "toys@2" }] });
export type LoraCompareRequest = z.output<typeof LoraCompareRequest>;
