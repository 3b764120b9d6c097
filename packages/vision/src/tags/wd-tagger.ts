import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Captioner, type Digest, type RgbImage, sha256Hex, UserError } from "@loramill/contracts";
import { readRgb } from "@loramill/imaging";
import { digestOfFile } from "../files/digest-of-file.ts";
import { copySmaller } from "../pictures/cut-square.ts";
import { openThread } from "../threads/ask-thread.ts";
import { chooseTags, parseTags, type Tag } from "./tag-list.ts";
import type { TaggerOptions } from "./tagger-config.ts";

export interface TaggerThreadData {
  readonly model: string;
  /** How many tags the model must score. */
  readonly tags: number;
  readonly threads: number;
}

/** Pictures are handed over at this length of their longer side at most. */
const LONGEST_SIDE = 1024;
const MAX_TAGS_BYTES = 64 * 2 ** 20;

/** The files of a tagger, read once; or why they cannot be. */
type Files =
  | { readonly tags: readonly Tag[]; readonly digests: { model: Digest; tags: Digest } }
  | { readonly error: UserError };

/**
 * Tags pictures with a WD tagger (SmilingWolf's v2 and v3 models as ONNX) whose files are on this machine. The answer is a
 * list of tags; a picture without any that is sure enough is refused with `no-tags`, so that the next captioner is asked.
 * Files that are missing or no tagger's make it unavailable, and nothing else. Reads both files whole for their digests,
 * which are part of every caption's key.
 */
export async function openWdTagger(
  options: NonNullable<TaggerOptions>,
): Promise<Captioner & { close(): Promise<void> }> {
  const { model, threshold, characterThreshold, threads } = options;
  const list = options.tags ?? join(dirname(model), "selected_tags.csv");
  const files = await readFiles(model, list);
  const thread = openThread<RgbImage, Float32Array>({
    script: new URL("./tagger-thread.ts", import.meta.url),
    name: "the tagger",
    data(): TaggerThreadData {
      if ("error" in files) throw files.error;
      return { model, tags: files.tags.length, threads };
    },
  });
  return {
    id: `wd-tagger:${nameOf(model)}`,
    // One picture is computed at a time; the next ones are decoded meanwhile.
    concurrency: 4,
    settings: { threshold, characterThreshold, ...("error" in files ? {} : files.digests) },
    isAvailable: async () =>
      "error" in files
        ? { available: false, message: files.error.message }
        : { available: true, message: `tags pictures by ${nameOf(model)} of this machine, ${files.tags.length} tags` },
    async caption({ pixels }, signal) {
      if ("error" in files) throw files.error;
      const { bytes } = await pixels();
      const size = { width: LONGEST_SIDE, height: LONGEST_SIDE, fit: "inside" } as const;
      const image = copySmaller(await readRgb(bytes, { size }), LONGEST_SIDE);
      const scores = await thread.ask(image, signal, [image.rgb.buffer as ArrayBuffer]);
      const tags = chooseTags(scores, files.tags, { threshold, characterThreshold });
      if (tags.length > 0) return { text: tags.join(", "), charges: [] };
      throw new UserError(
        `the tagger is sure of no tag: lower WD_TAGGER_THRESHOLD (${threshold}), or name another captioner after wd-tagger in caption.providers`,
        { code: "no-tags" },
      );
    },
    close: () => thread.close(),
  };
}

/** Models are mostly called `model.onnx`: then their folder says more. */
function nameOf(model: string): string {
  const name = basename(model).replace(/\.onnx$/i, "");
  return name === "model" ? basename(dirname(model)) || name : name;
}

async function readFiles(model: string, list: string): Promise<Files> {
  try {
    const { size } = await stat(list).catch(() => missing("WD_TAGGER_TAGS", list));
    if (size > MAX_TAGS_BYTES) throw new UserError(`WD_TAGGER_TAGS: ${list} is too large`, { code: "bad-tagger" });
    const csv = await readFile(list, "utf8");
    const tags = parseTags(csv);
    await stat(model).catch(() => missing("WD_TAGGER_MODEL", model));
    return { tags, digests: { model: await digestOfFile(model), tags: sha256Hex(csv) } };
  } catch (error) {
    if (error instanceof UserError) return { error };
    const why = error instanceof Error ? error.message : String(error);
    return { error: new UserError(`the files of the tagger cannot be read: ${why}`, { code: "bad-tagger" }) };
  }
}

function missing(variable: string, path: string): never {
  throw new UserError(`${variable}: there is no file ${path}`, { code: "bad-tagger" });
}
