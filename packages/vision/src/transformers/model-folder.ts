import { access, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Digest, digestOf, PermanentError } from "@loramill/contracts";
import { z } from "zod";
import { digestOfFile } from "../files/digest-of-file.ts";
import type { TransformersOptions } from "./transformers-config.ts";

type Options = NonNullable<TransformersOptions>;

/** What the files of a number format are called. */
const SUFFIXES: Readonly<Record<Options["dtype"], string>> = {
  fp32: "",
  fp16: "_fp16",
  q8: "_quantized",
  int8: "_int8",
  uint8: "_uint8",
  q4: "_q4",
  q4f16: "_q4f16",
  bnb4: "_bnb4",
};

/** The ONNX files of the models that this package knows how to ask, by the `model_type` of their `config.json`. */
export const MODEL_PARTS = {
  florence2: ["embed_tokens", "vision_encoder", "encoder_model", "decoder_model_merged"],
  "vision-encoder-decoder": ["encoder_model", "decoder_model_merged"],
} as const;
export type ModelKind = keyof typeof MODEL_PARTS;

const JSON_FILES = ["tokenizer.json", "tokenizer_config.json", "preprocessor_config.json"];
const ModelConfig = z.looseObject({ model_type: z.string() });

/**
 * Looks for every file of a local model and reads them all for their digest. Throws PermanentError
 * `bad-transformers-model` that names what is missing; null where nothing is there and the hub may be asked.
 */
export async function digestOfModel({ model, models, hub, dtype }: Options): Promise<Digest | null> {
  const folder = join(resolve(models), model);
  const config = await readFile(join(folder, "config.json"), "utf8").catch(() => null);
  if (config === null) {
    if (hub) return null;
    throw unfit(
      `there is no ${join(folder, "config.json")}: put the files of ${model} there, or set TRANSFORMERS_HUB=true to have them downloaded`,
    );
  }
  const kind = kindOf(typeOf(config, folder));
  const names = [...JSON_FILES, ...MODEL_PARTS[kind].map((part) => `onnx/${part}${SUFFIXES[dtype]}.onnx`)];
  const found = await Promise.all(
    names.map((name) =>
      access(join(folder, name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  const missing = names.filter((_, at) => !found[at]);
  if (missing.length > 0) {
    if (hub) return null;
    throw unfit(`${folder} has no ${missing.join(", no ")}, which TRANSFORMERS_DTYPE ${dtype} needs`);
  }
  const digests = await Promise.all(names.map(async (name) => [name, await digestOfFile(join(folder, name))] as const));
  return digestOf(Object.fromEntries(digests));
}

/** Throws PermanentError for models that caption in ways that this package does not know. */
export function kindOf(type: string): ModelKind {
  if (type in MODEL_PARTS) return type as ModelKind;
  throw unfit(
    `it is a ${type}, and only Florence-2 and ViT-GPT2 (${Object.keys(MODEL_PARTS).join(", ")}) are known here`,
  );
}

export function unfit(why: string, cause?: unknown): PermanentError {
  return new PermanentError(`TRANSFORMERS_MODEL: ${why}`, { code: "bad-transformers-model", cause });
}

function typeOf(config: string, folder: string): string {
  try {
    return ModelConfig.parse(JSON.parse(config)).model_type;
  } catch (error) {
    throw unfit(`${join(folder, "config.json")} names no model_type`, error);
  }
}
