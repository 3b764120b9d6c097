import { type CatalogRecord, type DocumentAt, referencesOf, type Stores } from "@loramill/contracts";

/** Rows that a step's jobs would have written with its output, read from the documents of the output one at a time. */
export async function* recordsOf(
  roots: readonly DocumentAt[],
  { documents }: Pick<Stores, "documents">,
  signal: AbortSignal,
): AsyncGenerator<CatalogRecord> {
  for (const at of roots) {
    signal.throwIfAborted();
    if (at.kind === "parts" || at.kind === "dataset") {
      const { documents: parts } = referencesOf(at, await documents.get(at.kind, at.digest));
      yield* recordsOf(parts, { documents }, signal);
    } else if (at.kind === "prepared" || at.kind === "dataset-part") {
      yield { kind: "images", images: (await documents.get(at.kind, at.digest)).images };
    } else if (at.kind === "captions") {
      const { captions } = await documents.get("captions", at.digest);
      yield { kind: "captions", document: at.digest, captions };
    } else if (at.kind === "generations") {
      const { generations } = await documents.get("generations", at.digest);
      yield { kind: "generations", generations };
    }
  }
}
