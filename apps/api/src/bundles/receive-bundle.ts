import {
  type BundleEntry,
  badBundle,
  isHeld,
  MAX_RECORD_BYTES,
  type OpenedBundle,
  type Reached,
  reach,
  referencesOfLibrary,
  referencesOfRun,
  unsafeName,
} from "@loramill/bundles";
import {
  blobKey,
  type Digest,
  type DocumentAt,
  type DocumentKind,
  type DocumentReferences,
  documentKey,
  documentKinds,
  type PartsDocument,
  referencesOf,
  type Stores,
} from "@loramill/contracts";
import { type BundleRecords, readRecords } from "./read-records.ts";

interface Counted {
  added: number;
  there: number;
}

export interface ReceivedBundle extends BundleRecords {
  readonly reached: Reached;
  readonly refer: (at: DocumentAt) => DocumentReferences;
  readonly documents: Counted;
  readonly blobs: Counted;
}

/**
 * Takes a bundle in: documents and blobs go into the store under their digests, where nobody finds them as long as nothing in
 * the catalog names them; what is there already is compared and not written. Before the first blob it is known that everything
 * that the records and documents name is in the bundle or was left out of it, and that nothing else is. Throws UserError
 * `bad-bundle`; then what came whole stays in the store, unnamed, and need not be written when the bundle comes again.
 */
export async function receiveBundle(
  { manifest, entries }: OpenedBundle,
  { objects }: Pick<Stores, "objects">,
  signal: AbortSignal,
): Promise<ReceivedBundle> {
  const files = new Map<string, Buffer>();
  const named = new Map<string, DocumentReferences | PartsDocument>();
  const documents: Counted = { added: 0, there: 0 };
  const blobs: Counted = { added: 0, there: 0 };
  let known: (BundleRecords & { readonly reached: Reached }) | undefined;

  const refer = (at: DocumentAt): DocumentReferences => {
    const key = documentKey(at.kind, at.digest);
    const found = named.get(key) ?? fail(`it lacks ${key}`);
    return "parts" in found ? referencesOf({ kind: "parts", ...(at.of ? { of: at.of } : {}) }, found) : found;
  };

  async function know(): Promise<BundleRecords & { readonly reached: Reached }> {
    const records = readRecords(manifest, files);
    const library = referencesOfLibrary(records.library);
    const run = records.run === null ? { documents: [], blobs: [] } : referencesOfRun(records.run.steps);
    const roots = {
      documents: [...run.documents, ...library.documents],
      blobs: [...run.blobs, ...library.blobs],
    };
    const reached = await reach(roots, refer);
    checkContent(reached, manifest);
    return { ...records, reached };
  }

  for await (const { entry, body } of entries) {
    signal.throwIfAborted();
    const { path } = entry;
    if (path.startsWith("blobs/")) {
      known ??= await know();
      const mediaType = known.reached.blobs.get(entry.sha256)?.mediaType ?? "application/octet-stream";
      blobs[await keep(entry, body, mediaType, { objects, signal })] += 1;
    } else if (path.startsWith("documents/")) {
      const bytes = await whole(entry, body);
      named.set(path, readDocument(path, bytes));
      documents[await keep(entry, [bytes], "application/json", { objects, signal })] += 1;
    } else files.set(path, await whole(entry, body));
  }
  known ??= await know();
  return { ...known, refer, documents, blobs };
}

/** Everything that is named is there or was left out, and nothing is there that nothing names. */
function checkContent({ documents, blobs }: Reached, { entries, without }: OpenedBundle["manifest"]): void {
  const held = new Set(entries.map(({ path }) => path));
  for (const blob of blobs.values()) {
    const path = blobKey(blob.sha256);
    const shouldBe = isHeld(blob, without);
    if (shouldBe !== held.has(path))
      throw badBundle(shouldBe ? `it lacks ${path}` : `it holds ${path}, which it leaves out`);
  }
  const strange = entries.find(({ path, sha256 }) => {
    if (path.startsWith("blobs/")) return !blobs.has(sha256);
    return path.startsWith("documents/") && !documents.has(path);
  });
  if (strange !== undefined) throw badBundle(`nothing in it names ${strange.path}`);
}

/** What a document names; a list of parts itself, because only its reader knows what its parts are. */
function readDocument(path: string, bytes: Buffer): DocumentReferences | PartsDocument {
  const kind = path.split("/")[1] ?? "";
  if (!Object.hasOwn(documentKinds, kind)) throw badBundle(`${path} is of a kind that is not known here`);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw badBundle(`${path} is no JSON`, error);
  }
  const parsed = documentKinds[kind as DocumentKind].safeParse(value);
  if (!parsed.success) throw badBundle(`${path} is no ${kind}: ${parsed.error.issues[0]?.message ?? ""}`);
  const unsafe = unsafeName(kind as DocumentKind, parsed.data as never);
  if (unsafe !== null)
    throw badBundle(`${path} names ${JSON.stringify(unsafe.slice(0, 100))}, which could lead anywhere`);
  if (kind === "parts") return { parts: (parsed.data as PartsDocument).parts };
  return referencesOf({ kind: kind as DocumentKind }, parsed.data as never);
}

async function whole({ path, bytes }: BundleEntry, body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  if (bytes > MAX_RECORD_BYTES) throw badBundle(`${path} is larger than any record`);
  const chunks: Uint8Array[] = [];
  // They are views of what came in, which may be used again.
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks, bytes);
}

/** Bytes that are there already are compared with their digest on the way past, and not written. */
async function keep(
  { path, bytes, sha256 }: BundleEntry,
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  contentType: string,
  { objects, signal }: Pick<Stores, "objects"> & { readonly signal: AbortSignal },
): Promise<keyof Counted> {
  if ((await objects.head(path, { signal }))?.bytes === bytes) {
    for await (const _ of body);
    return "there";
  }
  await objects.put(path, streamOf(body), { contentType, bytes, sha256: sha256 satisfies Digest, signal });
  return "added";
}

async function* streamOf(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* body;
}

function fail(what: string): never {
  throw badBundle(what);
}
