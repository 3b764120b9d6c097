import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Digest, PermanentError } from "@loramill/contracts";
import { z } from "zod";

const Port = z.object({
  name: z.string(),
  dtype: z.enum(["float32", "int64"]),
  shape: z.array(z.union([z.int(), z.string()])),
});
const Graph = z.object({ file: z.string(), inputs: z.array(Port), outputs: z.array(Port) });

/** `model.json`: everything about the weights and graphs that the code would otherwise hold as constants. */
const ModelDescription = z.object({
  format: z.literal(1),
  name: z.string(),
  dimensions: z.object({
    patch: z.int(),
    patchValues: z.int(),
    controlValues: z.int(),
    positionValues: z.int(),
    textTokens: z.int(),
    blocks: z.int(),
  }),
  text: z.object({
    ignored: z.array(z.string()),
    firstHashed: z.int(),
    hashed: z.int(),
    vocabulary: z.array(z.string()),
  }),
  position: z.object({ frequencies: z.array(z.number()) }),
  diffusion: z.object({
    trainingNoise: z.object({ logitMean: z.number(), logitDeviation: z.number(), uniformShare: z.number() }),
  }),
  lora: z.object({ targets: z.array(z.object({ name: z.string(), inputs: z.int(), outputs: z.int() })) }),
  graphs: z.object({ denoise: Graph, "lora-train-step": Graph }),
  files: z.record(z.string(), z.object({ bytes: z.int(), sha256: z.string() })),
});
export type ModelDescription = z.output<typeof ModelDescription>;

export interface ModelFiles {
  readonly dir: string;
  readonly model: ModelDescription;
  /** Changes when anything that decides results changes: the digest over the digests of graphs and weights. */
  readonly digest: Digest;
}

export const SHIPPED_MODEL = fileURLToPath(new URL("../model", import.meta.url));

/** Reads the description and checks every file it names against its checksum. PermanentError `bad-model-files`. */
export async function openModelFiles(dir: string = SHIPPED_MODEL): Promise<ModelFiles> {
  const model = ModelDescription.parse(JSON.parse(await readFile(join(dir, "model.json"), "utf8")));
  const used = ["weights.bin", model.graphs.denoise.file, model.graphs["lora-train-step"].file];
  const digest = createHash("sha256");
  for (const name of used) {
    const found = createHash("sha256")
      .update(await readFile(join(dir, name)))
      .digest("hex");
    if (found !== model.files[name]?.sha256) {
      throw new PermanentError(
        `the model file ${name} is not the one that model.json describes; restore it from the repository`,
        {
          code: "bad-model-files",
        },
      );
    }
    digest.update(`${name} ${found}\n`);
  }
  return { dir, model, digest: digest.digest("hex") };
}
