import { access, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { type Digest, digestOf, PermanentError, sha256Hex } from "@loramill/contracts";
import { z } from "zod";
import { digestOfFile } from "../files/digest-of-file.ts";
import { type Preprocessor, parsePreprocessor } from "./preprocessor.ts";

/** Where the parts of a model are; both are the same file where one has them all. */
export interface ModelFiles {
  readonly name: string;
  readonly pictureModel: string;
  readonly textModel: string;
  readonly preprocessorFile: string;
  readonly preprocessor: Preprocessor;
  readonly tokenizer: string;
  readonly tokenizerConfig: string;
  /** Longest text that is looked at, in tokens, marks included. */
  readonly maxTokens: number;
  /** SigLIP was trained on texts of one length, and reads the padding. */
  readonly padsToMax: boolean;
  /** What shorter texts of a batch are filled up with; null where the files do not say. */
  readonly padToken: string | null;
  /** Of everything that decides a vector. */
  readonly digest: Digest;
}

/** What CLIP reads where the files do not say. */
const CLIP_TOKENS = 77;
const MAX_JSON_BYTES = 64 * 2 ** 20;

const Positions = z.int().min(4).max(8192);
const ModelConfig = z.looseObject({
  model_type: z.string().default("clip"),
  text_config: z.looseObject({ max_position_embeddings: Positions.optional().catch(undefined) }).default({}),
});
const TokenizerConfig = z.looseObject({
  pad_token: z
    .union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)])
    .nullish()
    .catch(null),
  model_max_length: Positions.optional().catch(undefined),
});

/**
 * Finds the files of a model that was published for transformers.js: `preprocessor_config.json`, `tokenizer.json`, and
 * `vision_model.onnx` with `text_model.onnx`, or `model.onnx`, in the folder or in `onnx/` in it. Reads them all for their
 * digest. Throws PermanentError `bad-embedder` that names what is missing.
 */
export async function readModelFiles(path: string): Promise<ModelFiles> {
  const folder = resolve(path);
  const found = await stat(folder).catch(() => null);
  if (!found?.isDirectory()) throw unfit(`there is no folder ${folder}`);
  const preprocessorFile = join(folder, "preprocessor_config.json");
  const tokenizer = join(folder, "tokenizer.json");
  const tokenizerConfig = join(folder, "tokenizer_config.json");
  const models = await findModels(folder);
  const missing = [
    ...(models === null ? ["vision_model.onnx and text_model.onnx (or model.onnx)"] : []),
    ...((await exists(preprocessorFile)) ? [] : ["preprocessor_config.json"]),
    ...((await exists(tokenizer)) ? [] : ["tokenizer.json"]),
  ];
  if (models === null || missing.length > 0) throw unfit(`${folder} has no ${missing.join(", no ")}`);
  const config = ModelConfig.parse(await readJson(join(folder, "config.json"), {}));
  const { pad_token, model_max_length } = TokenizerConfig.parse(await readJson(tokenizerConfig, {}));
  const maxTokens = config.text_config.max_position_embeddings ?? model_max_length ?? CLIP_TOKENS;
  const padsToMax = config.model_type.startsWith("siglip");
  const read = await readJson(preprocessorFile);
  const weights = [...new Set([models.pictureModel, models.textModel])];
  return {
    name: basename(folder),
    ...models,
    preprocessorFile,
    preprocessor: preprocessorOf(preprocessorFile, read),
    tokenizer,
    tokenizerConfig,
    maxTokens,
    padsToMax,
    padToken: pad_token ?? null,
    digest: digestOf({
      weights: await Promise.all(weights.map(digestOfFile)),
      preprocessor: sha256Hex(JSON.stringify(read)),
      tokenizer: await digestOfFile(tokenizer),
      maxTokens,
      padsToMax,
    }),
  };
}

/** What was found wrong with the folder, with the variable that names it. */
export function unfit(why: string, cause?: unknown): PermanentError {
  return new PermanentError(`CLIP_MODEL: ${why}`, { code: "bad-embedder", cause });
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function findModels(folder: string): Promise<Pick<ModelFiles, "pictureModel" | "textModel"> | null> {
  for (const place of [folder, join(folder, "onnx")]) {
    const [pictureModel, textModel, both] = ["vision_model.onnx", "text_model.onnx", "model.onnx"].map((name) =>
      join(place, name),
    ) as [string, string, string];
    if ((await exists(pictureModel)) && (await exists(textModel))) return { pictureModel, textModel };
    if (await exists(both)) return { pictureModel: both, textModel: both };
  }
  return null;
}

/** `absent` is the answer where there is no such file; without it one must be there. */
async function readJson(path: string, absent?: unknown): Promise<unknown> {
  const { size } = await stat(path).catch(() => ({ size: -1 }));
  if (size < 0 && absent !== undefined) return absent;
  if (size > MAX_JSON_BYTES) throw unfit(`${path} is too large`);
  const text = await readFile(path, "utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unfit(`${path} is no JSON`, error);
  }
}

function preprocessorOf(path: string, json: unknown): Preprocessor {
  try {
    return parsePreprocessor(json);
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw unfit(`${path} cannot be followed: ${why}`, error);
  }
}
