import type { Digest, Json, JsonObject } from "./digest.ts";
import type { PartsDocument } from "./document-parts.ts";
import type { DocumentKind, DocumentOf } from "./documents.ts";
import { loraFiles } from "./lora-files.ts";
import type { PlannedStep, StepKind } from "./plan-lock.ts";

/** A document of the store. A list of parts does not say what they are: its reader knows, and says so in `of`. */
export interface DocumentAt {
  readonly kind: DocumentKind;
  readonly digest: Digest;
  /** Kind of the parts of a `parts` document. */
  readonly of?: DocumentKind;
}

/** What a blob is to whoever wants less than everything: what is trained on, what was drawn, or the work itself. */
export type BlobUse = "picture" | "image" | "work";

export interface ReferencedBlob {
  readonly sha256: Digest;
  readonly use: BlobUse;
  /** `application/octet-stream` where its reference does not say. */
  readonly mediaType: string;
}

/** What something of the store cannot be used without. */
export interface DocumentReferences {
  readonly documents: readonly DocumentAt[];
  readonly blobs: readonly ReferencedBlob[];
}

type Stored = { readonly sha256: Digest; readonly mediaType: string };
const blob = ({ sha256, mediaType }: Stored, use: BlobUse): ReferencedBlob => ({ sha256, use, mediaType });
const all = (kind: DocumentKind, digests: readonly Digest[]) => digests.map((digest) => ({ kind, digest }));
const NONE: DocumentReferences = { documents: [], blobs: [] };

type Readers = {
  readonly [K in Exclude<DocumentKind, "parts">]: (document: DocumentOf<K>) => Partial<DocumentReferences>;
};

const readers: Readers = {
  source: ({ items }) => ({ blobs: items.map((item) => blob(item.blob, "picture")) }),
  prepared: ({ images }) => ({ blobs: picturesOf(images) }),
  dataset: ({ parts }) => ({ documents: all("dataset-part", parts) }),
  "dataset-part": ({ images }) => ({ blobs: picturesOf(images) }),
  captions: () => NONE,
  // What it was trained on and made of is where it comes from: it is used without.
  lora: (lora) => ({
    blobs: [
      ...loraFiles(lora).map(({ weights }) => blob(weights, "work")),
      ...lora.samples.map(({ image }) => blob(image, "work")),
    ],
  }),
  "lora-report": () => NONE,
  model: ({ weights }) => ({ blobs: [blob(weights, "work")] }),
  grid: (grid) => ({ blobs: inputFiles(grid as unknown as Json) }),
  choice: () => NONE,
  "grid-choices": ({ documents }) => ({ documents: all("choice", documents) }),
  generations: ({ generations }) => ({
    documents: generations.flatMap(({ choice }) => (choice === undefined ? [] : all("choice", [choice]))),
    blobs: generations.flatMap(({ image, graph, spec }) => [
      blob(image, "image"),
      ...(graph === undefined ? [] : [blob(graph, "work")]),
      ...inputFiles(spec as unknown as Json),
    ]),
  }),
  "contact-sheet": ({ image }) => ({ blobs: [blob(image, "image")] }),
  "replay-report": () => NONE,
};

/** The documents and blobs that a document cannot be used without, one step deep: the walk is its reader's. Pure. */
export function referencesOf<K extends DocumentKind>(
  { kind, of }: Pick<DocumentAt, "of"> & { readonly kind: K },
  document: DocumentOf<K>,
): DocumentReferences {
  if (kind === "parts") {
    const { parts } = document as PartsDocument;
    return of === undefined ? NONE : { ...NONE, documents: all(of, parts) };
  }
  const read = readers[kind as Exclude<DocumentKind, "parts">] as (of: unknown) => Partial<DocumentReferences>;
  return { ...NONE, ...read(document) };
}

const PARTS_OF: { readonly [K in StepKind]?: DocumentKind } = {
  source: "source",
  prepare: "prepared",
  caption: "captions",
  train: "lora",
  lora: "lora",
  "lora-report": "lora-report",
  model: "model",
  generate: "generations",
  grid: "contact-sheet",
  verify: "replay-report",
};

/** The document that a step of a kind puts out; null for a step that puts out none. */
export function outputAt(kind: StepKind, digest: Digest): DocumentAt | null {
  if (kind === "dataset") return { kind, digest };
  const of = PARTS_OF[kind];
  return of === undefined ? null : { kind: "parts", digest, of };
}

/**
 * What a planned step reads besides the outputs of other steps, and what its summary names beside its output: the list of a
 * video's frames. The report of a dataset is a page about it, and not among them.
 */
export function referencesOfStep(
  { params, about }: Pick<PlannedStep, "params" | "about">,
  summary: JsonObject,
): DocumentReferences {
  const { sources, grid, lora, loras, from, a, b } = params;
  const named = isObject(loras) ? Object.values(loras) : [];
  const made = list(from).map((one) => (isObject(one) ? one.document : null));
  return {
    documents: [
      ...list(sources).flatMap(sourceAt),
      ...all("grid", digests([grid])),
      ...all("grid-choices", digests([about?.choices])),
      ...all("lora", digests([lora, a, b, ...named, ...made])),
    ],
    blobs: digests([summary.manifest]).map((sha256) => blob({ sha256, mediaType: "application/json" }, "work")),
  };
}

function sourceAt(source: Json): DocumentAt[] {
  if (!isObject(source)) return [];
  const listings = digests([source.listing, source.upload]);
  return [
    ...listings.map((digest): DocumentAt => ({ kind: "parts", digest, of: "source" })),
    ...(source.type === "dataset" ? all("dataset", digests([source.digest])) : []),
  ];
}

function picturesOf(images: DocumentOf<"prepared">["images"]): ReferencedBlob[] {
  return images.flatMap(({ original, prepared }) => [blob(original, "picture"), blob(prepared.blob, "picture")]);
}

/** Files that go into what is drawn: `sha256:<digest>`, wherever they stand. */
function inputFiles(value: Json | undefined): ReferencedBlob[] {
  if (typeof value === "string") {
    const sha256 = /^sha256:([0-9a-f]{64})$/.exec(value)?.[1];
    return sha256 === undefined ? [] : [blob({ sha256, mediaType: "application/octet-stream" }, "work")];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(inputFiles);
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);
const digests = (values: readonly (Json | undefined)[]): Digest[] =>
  values.filter((value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value)) as Digest[];
