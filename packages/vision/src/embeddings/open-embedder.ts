import { type ImageTextEmbedder, PermanentError, type RgbImage } from "@loramill/contracts";
import { readHeader, readRgb } from "@loramill/imaging";
import { readTokenizer, type TextTokenizer } from "../text/tokenizer-file.ts";
import { openThread } from "../threads/ask-thread.ts";
import type { EmbedderOptions } from "./embedder-config.ts";
import { type ModelFiles, readModelFiles, unfit } from "./model-files.ts";

/** A picture in the size that the model takes, or texts. */
export type EmbedQuestion = { readonly values: Float32Array } | { readonly texts: readonly string[] };

export type EmbedderThreadData = Omit<ModelFiles, "preprocessor"> & {
  readonly size: { readonly width: number; readonly height: number };
  readonly threads: number;
};

/** Texts that are handed over at a time: pictures get their turn in between, and an abort its effect. */
const TEXTS_AT_ONCE = 32;

export interface OpenedEmbedder extends ImageTextEmbedder {
  close(): Promise<void>;
}

/**
 * A model of CLIP's kind whose ONNX files are on this machine, in a thread of its own that starts with the first question.
 * Files that are missing or another kind's make it unavailable with a message that names them, and nothing else.
 */
export async function openEmbedder({ folder, threads }: NonNullable<EmbedderOptions>): Promise<OpenedEmbedder> {
  const files = await readAll(folder);
  const thread = openThread<EmbedQuestion, readonly Float32Array[]>({
    script: new URL("./embedder-thread.ts", import.meta.url),
    name: "the embedder",
    data(): EmbedderThreadData {
      if ("error" in files) throw files.error;
      const { preprocessor, ...paths } = files.model;
      return { ...paths, size: preprocessor.target, threads };
    },
  });
  if ("error" in files) {
    const { error } = files;
    const fail = async () => {
      throw error;
    };
    return {
      id: "clip:unavailable",
      maxTokens: 0,
      isAvailable: async () => ({ available: false, message: error.message }),
      embedImage: fail,
      embedTexts: fail,
      close: () => thread.close(),
    };
  }
  const { model, tokenizer } = files;
  return {
    id: `clip:${model.name}@${model.digest.slice(0, 12)}`,
    maxTokens: model.maxTokens,
    countTokens: (text) => tokenizer.encode(text).length,
    isAvailable: async () => ({
      available: true,
      message: `compares pictures with texts by ${model.name} of this machine`,
    }),
    async embedImage(picture, signal) {
      signal.throwIfAborted();
      const values = model.preprocessor.toValues(await readResized(picture, model));
      const [vector] = await thread.ask({ values }, signal, [values.buffer as ArrayBuffer]);
      return vector as Float32Array;
    },
    async embedTexts(texts, signal) {
      signal.throwIfAborted();
      const vectors: Float32Array[] = [];
      for (let at = 0; at < texts.length; at += TEXTS_AT_ONCE) {
        vectors.push(...(await thread.ask({ texts: texts.slice(at, at + TEXTS_AT_ONCE) }, signal)));
      }
      return vectors;
    },
    close: () => thread.close(),
  };
}

async function readResized(picture: Uint8Array, { preprocessor }: ModelFiles): Promise<RgbImage> {
  const size = preprocessor.resized(await readHeader(picture));
  return readRgb(picture, { size: { ...size, fit: "fill", kernel: preprocessor.kernel } });
}

async function readAll(
  folder: string,
): Promise<{ readonly model: ModelFiles; readonly tokenizer: TextTokenizer } | { readonly error: PermanentError }> {
  try {
    const model = await readModelFiles(folder);
    return { model, tokenizer: await readTokenizer(model.tokenizer, model.tokenizerConfig) };
  } catch (error) {
    if (error instanceof PermanentError) return { error };
    return {
      error: unfit(`its files cannot be read: ${error instanceof Error ? error.message : String(error)}`, error),
    };
  }
}
