import { type Captioner, type Digest, PermanentError, type RgbImage, UserError } from "@loramill/contracts";
import { readRgb } from "@loramill/imaging";
import { copySmaller } from "../pictures/cut-square.ts";
import { openThread } from "../threads/ask-thread.ts";
import { installed, locateLibrary } from "./locate-library.ts";
import { digestOfModel, unfit } from "./model-folder.ts";
import type { TransformersOptions } from "./transformers-config.ts";

export type TransformersThreadData = NonNullable<TransformersOptions> & {
  /** Path of the library's build for `require`. */
  readonly library: string;
};

/** Pictures are handed over at this length of their longer side at most: the models look at 768 pixels or fewer. */
const LONGEST_SIDE = 1024;

type Ready = { readonly library: string; readonly digest: Digest | null } | { readonly error: PermanentError };

/**
 * Captions by Florence-2 or ViT-GPT2 through transformers.js, an optional package. `isAvailable` says which package to
 * install and which files are missing. The hub is asked only where that is configured. Works in a thread that starts with
 * the first picture and ends with `close`; `locate` answers where the package is, or throws.
 */
export async function openTransformersCaptioner(
  options: NonNullable<TransformersOptions>,
  locate = installed,
): Promise<Captioner & { close(): Promise<void> }> {
  const { model, detail, dtype, maxNewTokens } = options;
  const ready = await prepare(options, locate);
  const thread = openThread<RgbImage, string>({
    script: new URL("./transformers-thread.ts", import.meta.url),
    name: "transformers.js",
    data(): TransformersThreadData {
      if ("error" in ready) throw ready.error;
      return { ...options, library: ready.library };
    },
  });
  const files = "error" in ready || ready.digest === null ? {} : { files: ready.digest };
  return {
    id: `transformers:${model}`,
    // One picture is computed at a time; the next one is decoded meanwhile.
    concurrency: 2,
    settings: { detail, dtype, maxNewTokens, ...files },
    async isAvailable() {
      if ("error" in ready) return { available: false, message: ready.error.message };
      const from = ready.digest === null ? "of Hugging Face, downloaded with the first picture" : "of this machine";
      return { available: true, message: `captions by ${model} ${from}, through transformers.js` };
    },
    async caption({ pixels }, signal) {
      signal.throwIfAborted();
      if ("error" in ready) throw ready.error;
      const { bytes } = await pixels();
      const size = { width: LONGEST_SIDE, height: LONGEST_SIDE, fit: "inside" } as const;
      const image = copySmaller(await readRgb(bytes, { size }), LONGEST_SIDE);
      const text = await thread.ask(image, signal, [image.rgb.buffer as ArrayBuffer]);
      if (text !== "") return { text, charges: [] };
      throw new UserError(
        `${model} says nothing of the picture: name another captioner after transformers in caption.providers`,
        { code: "caption-refused" },
      );
    },
    close: () => thread.close(),
  };
}

async function prepare(options: NonNullable<TransformersOptions>, locate: () => string): Promise<Ready> {
  const library = locateLibrary(locate);
  if ("message" in library) {
    return { error: new PermanentError(library.message, { code: "transformers-unavailable" }) };
  }
  try {
    return { library: library.path, digest: await digestOfModel(options) };
  } catch (error) {
    if (error instanceof PermanentError) return { error };
    return {
      error: unfit(`its files cannot be read: ${error instanceof Error ? error.message : String(error)}`, error),
    };
  }
}
