import {
  type BundleEntry,
  type BundleManifest,
  bundleBytes,
  isHeld,
  MAX_RECORD_BYTES,
  makeManifest,
  type Reached,
  readMe,
} from "@loramill/bundles";
import {
  type BundlePart,
  blobKey,
  canonicalJson,
  type DocumentAt,
  type DocumentReferences,
  type Json,
  referencesOf,
  type Stores,
  sha256Hex,
  UserError,
} from "@loramill/contracts";
import { VERSION } from "../version.ts";

/** An archive that can be written: how large it is is known before a byte of it is read. */
export interface GatheredBundle {
  readonly manifest: BundleManifest;
  readonly bytes: number;
  /** The bytes of an entry: a record from memory, all others from the store. */
  open(entry: BundleEntry): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

interface BundleFacts {
  readonly kind: BundleManifest["kind"];
  readonly name: string;
  readonly without: readonly BundlePart[];
  /** By their names in the archive. */
  readonly records: Readonly<Record<string, unknown>>;
  readonly reached: Reached;
}

/** What a document of the store names. */
export const referIn =
  ({ documents }: Pick<Stores, "documents">) =>
  async (at: DocumentAt): Promise<DocumentReferences> =>
    referencesOf(at, await documents.get(at.kind, at.digest));

/** Objects of the store that are asked for at once. */
const LOOKUPS_AT_ONCE = 32;

/** Looks up everything that a bundle is to hold. Throws UserError `incomplete` where the store lacks some of it, `too-large`. */
export async function gatherBundle(
  { kind, name, without, records, reached }: BundleFacts,
  { objects }: Pick<Stores, "objects">,
  signal: AbortSignal,
): Promise<GatheredBundle> {
  const writtenBy = `loramill ${VERSION}`;
  const texts = new Map(Object.entries(records).map(([path, value]) => [path, Buffer.from(textOf(value))]));
  texts.set("README.txt", Buffer.from(readMe({ kind, name, writtenBy, without: [...without] })));
  const large = [...texts].find(([, text]) => text.byteLength > MAX_RECORD_BYTES);
  if (large !== undefined) {
    const [path, text] = large;
    throw new UserError(
      `${path} would have ${text.byteLength} bytes, and a bundle's records have ${MAX_RECORD_BYTES} at most`,
      {
        code: "too-large",
      },
    );
  }
  const held = [...reached.blobs.values()].filter((blob) => isHeld(blob, without));
  const wanted = [
    ...[...reached.documents].map(([key, { digest }]) => ({ key, sha256: digest })),
    ...held.map(({ sha256 }) => ({ key: blobKey(sha256), sha256 })),
  ];
  const entries: BundleEntry[] = [...texts].map(([path, text]) => entryOf(path, text));
  for (let from = 0; from < wanted.length; from += LOOKUPS_AT_ONCE) {
    const some = wanted.slice(from, from + LOOKUPS_AT_ONCE);
    const sizes = await Promise.all(some.map(({ key }) => objects.head(key, { signal })));
    entries.push(
      ...some.map(({ key, sha256 }, at) => ({ path: key, sha256, bytes: sizes[at]?.bytes ?? missing(key) })),
    );
  }
  const manifest = makeManifest({ kind, name, writtenBy, without: [...without], entries });
  async function* stored(key: string): AsyncGenerator<Uint8Array> {
    yield* (await objects.get(key, { signal })).body;
  }
  return {
    manifest,
    bytes: bundleBytes(manifest),
    open({ path }) {
      const text = texts.get(path);
      return text === undefined ? stored(path) : [text];
    },
  };
}

/** A list of lines for what is long, as `.jsonl`. */
const textOf = (value: unknown): string =>
  Array.isArray(value) ? value.map((line) => `${canonicalJson(line as Json)}\n`).join("") : `${canonicalJson(value)}\n`;

const entryOf = (path: string, text: Buffer): BundleEntry => ({
  path,
  bytes: text.byteLength,
  sha256: sha256Hex(text),
});

function missing(key: string): never {
  throw new UserError(
    `the store lacks ${key}, which is part of this: it cannot be exported whole; if it is a picture, leave pictures or images out (--without)`,
    { code: "incomplete", details: { key } },
  );
}
