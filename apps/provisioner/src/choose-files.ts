import { basename } from "node:path/posix";
import type { WantedFile } from "@loramill/compute";
import type { KnownModel } from "@loramill/contracts";

/** What a volume is to hold, and which models it is not to hold although trainings want them. */
export interface ChosenFiles {
  /** The most wanted first. */
  readonly files: readonly WantedFile[];
  /** Ids of models that have no room beside those that are wanted more. */
  readonly tooLarge: string[];
}

/**
 * The files of the models that are wanted, as far as the store has them, and as whole models: of one that does not fit, what is
 * there would only keep out another. A model that is not written down, or was not pulled, is fetched by the trainer itself.
 */
export function chooseFiles(wanted: readonly string[], known: readonly KnownModel[], maxBytes: number): ChosenFiles {
  const models = new Map(known.map((model) => [model.id, model]));
  const files = new Map<string, WantedFile>();
  const tooLarge: string[] = [];
  let bytes = 0;
  for (const id of wanted) {
    const more = new Map<string, WantedFile>();
    for (const { path, stored } of models.get(id)?.files ?? []) {
      if (stored !== null && !files.has(stored.sha256)) more.set(stored.sha256, { ...stored, name: nameOf(path) });
    }
    const moreBytes = [...more.values()].reduce((sum, file) => sum + file.bytes, 0);
    if (bytes + moreBytes > maxBytes) {
      tooLarge.push(id);
      continue;
    }
    bytes += moreBytes;
    for (const [sha256, file] of more) files.set(sha256, file);
  }
  return { files: [...files.values()], tooLarge };
}

/** A name that any file system takes; trainers tell formats by its extension. */
const nameOf = (path: string): string =>
  basename(path)
    .replace(/[^\w.-]/g, "_")
    .replace(/^\./, "_")
    .slice(-200);
