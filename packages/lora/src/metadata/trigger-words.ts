import { readModelSpec } from "./model-spec.ts";
import { folderTags } from "./training-tags.ts";

export interface TriggerWord {
  readonly word: string;
  /** What told it: the first two say so, the others are guesses from the training data. */
  readonly from: "loramill.trigger_word" | "modelspec.trigger_phrase" | "folder" | "tag in every caption";
}

/** kohya's folders are called `<repeats>_<words>`. */
const FOLDER = /^\d+_(.+)$/;

/** The words that call up what a LoRA has learnt, the surest first; each word once. */
export function triggerWords(metadata: ReadonlyMap<string, string>): TriggerWord[] {
  const folders = folderTags(metadata);
  const found = new Map<string, TriggerWord>();
  const add = (word: string | undefined, from: TriggerWord["from"]) => {
    const trimmed = word?.trim() ?? "";
    const key = trimmed.toLowerCase();
    if (trimmed !== "" && !found.has(key)) found.set(key, { word: trimmed, from });
  };
  add(metadata.get("loramill.trigger_word"), "loramill.trigger_word");
  add(readModelSpec(metadata).trigger_phrase, "modelspec.trigger_phrase");
  for (const { folder } of folders) add(FOLDER.exec(folder)?.[1], "folder");
  for (const { images, tags } of folders) {
    // The first tag of all captions; one that a single picture has says nothing.
    const everywhere = images !== null && images > 1 ? [...tags].find(([, count]) => count === images) : undefined;
    add(everywhere?.[0], "tag in every caption");
  }
  return [...found.values()];
}
