import { z } from "zod";
import { Digest } from "./digest.ts";
import { LoraFamily } from "./lora-family.ts";

const ReportedLora = z.object({ name: z.string(), document: Digest, weights: Digest });

export const LoraFinding = z.object({
  severity: z.enum(["error", "warning"]).describe("With an error it should not be used"),
  code: z.string().max(64).describe("Such as not-finite, dead-modules, missing-partner, partly-loaded"),
  message: z.string(),
  where: z.array(z.string()).max(100).describe("The modules or tensors it is about; the first hundred"),
});
export type LoraFinding = z.output<typeof LoraFinding>;

export const LoraCoverage = z.object({
  family: LoraFamily,
  loaded: z.int().describe("Keys that a model of the family takes"),
  total: z.int().describe("Keys of the file"),
  refused: z.array(z.string()).describe("Modules it has no place for, or whose inputs are of another width"),
});
export type LoraCoverage = z.output<typeof LoraCoverage>;

/** What is wrong with a LoRA, and how much of it a model loads. */
export const LoraValidation = z
  .object({
    kind: z.literal("validate"),
    lora: ReportedLora,
    looked: z
      .enum(["header", "values"])
      .describe("At the header alone, or at every value: NaN, infinity, dead modules"),
    valid: z.boolean().describe("Whether no finding is an error"),
    findings: z.array(LoraFinding),
    coverage: LoraCoverage.nullable().describe(
      "“Will load N of M keys”; null where no table of the family's modules is known, which a finding then says",
    ),
  })
  .meta({
    examples: [
      {
        kind: "validate",
        lora: { name: "toys", document: "5c".repeat(32), weights: "a7".repeat(32) },
        looked: "header",
        valid: true,
        findings: [
          {
            severity: "warning",
            code: "partly-loaded",
            message: "will load 1440 of 1452 keys on sdxl",
            where: ["lora_unet_extra_0"],
          },
        ],
        coverage: { family: "sdxl", loaded: 1440, total: 1452, refused: ["lora_unet_extra_0"] },
      },
    ],
  });
export type LoraValidation = z.output<typeof LoraValidation>;

/** Over all elements of what is compared. */
const Likeness = z.object({
  cosine: z.number().nullable().describe("1 the same direction, 0 nothing in common; null where one changes nothing"),
  normA: z.number().describe("Frobenius norm, alpha included"),
  normB: z.number(),
  distance: z.number().describe("Frobenius norm of the difference"),
});

/** How alike the changes of two LoRAs are. */
export const LoraLikeness = z
  .object({
    kind: z.literal("compare"),
    a: ReportedLora,
    b: ReportedLora,
    whole: Likeness,
    blocks: z.array(Likeness.extend({ block: z.string().describe("Such as IN04, MID, SINGLE12, BASE") })),
    modules: z.array(Likeness.extend({ module: z.string() })),
    onlyA: z.array(z.string()).describe("Modules that the other one leaves alone"),
    onlyB: z.array(z.string()),
  })
  .meta({
    examples: [
      {
        kind: "compare",
        a: { name: "toys", document: "5c".repeat(32), weights: "a7".repeat(32) },
        b: { name: "toys", document: "6d".repeat(32), weights: "b8".repeat(32) },
        whole: { cosine: 0.93, normA: 4.1, normB: 4.4, distance: 1.6 },
        blocks: [{ block: "MID", cosine: 0.93, normA: 4.1, normB: 4.4, distance: 1.6 }],
        modules: [{ module: "unet.mid_block.a", cosine: 0.93, normA: 4.1, normB: 4.4, distance: 1.6 }],
        onlyA: [],
        onlyB: [],
      },
    ],
  });
export type LoraLikeness = z.output<typeof LoraLikeness>;

/** What a job found out about LoRAs; it makes no file. */
export const LoraReport = z.discriminatedUnion("kind", [LoraValidation, LoraLikeness]);
export type LoraReport = z.output<typeof LoraReport>;
