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
    minSigma: z.number(),
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
  /** Changes when anything that decides results changes: the digest over graphs, weights and the version of this code. */
  readonly digest: Digest;
}

export const SHIPPED_MODEL = fileURLToPath(new URL("../model", import.meta.url));

/** Raise it when a change of this package gives other LoRAs or pictures from the same weights and seeds. */
const ALGORITHM = 1;

/** Reads the description and checks every file it names against its checksum. PermanentError `bad-model-files`. */
export async function openModelFiles(dir: string = SHIPPED_MODEL): Promise<ModelFiles> {
  const described = ModelDescription.safeParse(parseJson(await readModelFile(dir, "model.json")));
  if (!described.success) throw badFile("model.json", described.error);
  const model = described.data;
  const digest = createHash("sha256").update(`algorithm ${ALGORITHM}\n`);
  for (const name of ["weights.bin", model.graphs.denoise.file, model.graphs["lora-train-step"].file]) {
    const found = createHash("sha256")
      .update(await readModelFile(dir, name))
      .digest("hex");
    if (found !== model.files[name]?.sha256) throw badFile(name);
    digest.update(`${name} ${found}\n`);
  }
  return { dir, model, digest: digest.digest("hex") };
}

async function readModelFile(dir: string, name: string): Promise<Buffer> {
  try {
    return await readFile(join(dir, name));
  } catch (cause) {
    throw badFile(name, cause);
  }
}

function parseJson(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString("utf8"));
  } catch (cause) {
    throw badFile("model.json", cause);
  }
}

function badFile(name: string, cause?: unknown): PermanentError {
  return new PermanentError(`the pocket model's file ${name} is missing or damaged; restore it from the repository`, {
    code: "bad-model-files",
    cause,
  });
}
