import { type DatasetManifest, type Digest, type DocumentStore, PermanentError, UserError } from "@loramill/contracts";
import { createSourceBudget } from "./source-budget.ts";
import type { SourceEntry } from "./source-entry.ts";
import type { SourceOptions } from "./source-options.ts";

/** The manifest of a dataset version. UserError `dataset-missing` when the store has none of this digest. */
export async function openDataset(digest: Digest, documents: DocumentStore): Promise<DatasetManifest> {
  try {
    return await documents.get("dataset", digest);
  } catch (error) {
    if (!(error instanceof PermanentError) || error.code !== "object-missing") throw error;
    throw new UserError(`there is no dataset ${digest} in this store`, {
      code: "dataset-missing",
      cause: error,
    });
  }
}

/** The originals of the images that a dataset version kept, with their captions, part by part. Nothing is copied. */
export async function* readDataset(
  digest: Digest,
  { stores, limits, signal }: SourceOptions,
): AsyncGenerator<SourceEntry> {
  const { parts } = await openDataset(digest, stores.documents);
  const budget = createSourceBudget(limits);
  for (const part of parts) {
    signal?.throwIfAborted();
    for (const image of (await stores.documents.get("dataset-part", part)).images) {
      const { path, original: blob, caption, repeats } = image;
      const counted = budget.count(path);
      const admitted = counted.verdict === "take" ? budget.admit(path, blob.bytes) : counted;
      if (admitted.verdict !== "take") yield admitted.refused;
      else {
        const said = { ...(caption === undefined ? {} : { caption }), ...(repeats === undefined ? {} : { repeats }) };
        yield { kind: "stored", path, blob, ...said };
      }
      if (admitted.verdict === "stop") return;
    }
  }
}
