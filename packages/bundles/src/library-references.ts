import type { DocumentAt, DocumentReferences, ReferencedBlob } from "@loramill/contracts";
import type { LibraryRecord } from "./library-record.ts";

/** What the things that a library's record tells of cannot be used without. */
export function referencesOfLibrary({
  datasets,
  loras,
  captions,
}: Pick<LibraryRecord, "datasets" | "loras" | "captions">): DocumentReferences {
  const parts = new Set(captions.flatMap(({ document }) => (document === null ? [] : [document])));
  return {
    documents: [
      ...datasets.map(({ digest }): DocumentAt => ({ kind: "dataset", digest })),
      ...loras.map(({ document }): DocumentAt => ({ kind: "lora", digest: document })),
      ...[...parts].map((digest): DocumentAt => ({ kind: "captions", digest })),
    ],
    blobs: loras.flatMap(({ cover }): ReferencedBlob[] =>
      cover === null ? [] : [{ sha256: cover, use: "work", mediaType: "image/webp" }],
    ),
  };
}
