import {
  type BlobUse,
  type Digest,
  type DocumentAt,
  type DocumentReferences,
  documentKey,
  type ReferencedBlob,
} from "@loramill/contracts";

/** Everything that roots cannot be used without. */
export interface Reached {
  /** By their keys in the store. */
  readonly documents: ReadonlyMap<string, DocumentAt>;
  readonly blobs: ReadonlyMap<Digest, ReachedBlob>;
}

export interface ReachedBlob {
  readonly sha256: Digest;
  readonly mediaType: string;
  readonly uses: ReadonlySet<BlobUse>;
}

/**
 * Walks from documents and blobs to all that they name, each once. `refer` answers what a document names; what it throws
 * ends the walk. `before`: what an earlier walk has reached belongs to it, and is not walked again.
 */
export async function reach(
  roots: DocumentReferences,
  refer: (at: DocumentAt) => DocumentReferences | Promise<DocumentReferences>,
  before: Reached = { documents: new Map(), blobs: new Map() },
): Promise<Reached> {
  const documents = new Map(before.documents);
  const blobs = new Map([...before.blobs].map(([sha256, blob]) => [sha256, { ...blob, uses: new Set(blob.uses) }]));
  const walked = new Set([...documents.values()].map(placeOf));
  const note = ({ sha256, mediaType, use }: ReferencedBlob) => {
    const known = blobs.get(sha256);
    if (known === undefined) blobs.set(sha256, { sha256, mediaType, uses: new Set([use]) });
    else known.uses.add(use);
  };
  roots.blobs.forEach(note);
  const open = [...roots.documents];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const place = placeOf(at);
    if (walked.has(place)) continue;
    walked.add(place);
    documents.set(documentKey(at.kind, at.digest), at);
    const { documents: next, blobs: named } = await refer(at);
    named.forEach(note);
    open.push(...next);
  }
  return { documents, blobs };
}

/** An empty list of captions and one of pictures are the same document. */
const placeOf = ({ kind, digest, of }: DocumentAt): string => `${documentKey(kind, digest)} ${of ?? ""}`;

/** Whether a bundle that leaves these parts out holds a blob: what is anything else too is never left out. */
export function isHeld({ uses }: Pick<ReachedBlob, "uses">, without: readonly string[]): boolean {
  return [...uses].some((use) => !without.includes(PARTS[use]));
}

const PARTS: Readonly<Record<BlobUse, string>> = { picture: "pictures", image: "images", work: "work" };
