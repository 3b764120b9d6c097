import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type BlobStore, type Digest, type DocumentStore, type SourceItem, UserError } from "@loramill/contracts";

/** The one file of an upload's listing: a video, a list of URLs. UserError `bad-upload` where it holds another number. */
export async function findUploadedFile(listing: Digest, documents: DocumentStore): Promise<SourceItem> {
  const { parts } = await documents.get("parts", listing);
  const items = parts.length === 1 ? (await documents.get("source", parts[0] as Digest)).items : [];
  const [item] = items;
  if (item !== undefined && items.length === 1) return item;
  throw new UserError(
    `the upload ${listing} is to hold one file here, and holds ${parts.length > 1 ? "many" : items.length}`,
    {
      code: "bad-upload",
    },
  );
}

/** Copies a stored file to where programs can read it; `remove` is safe to call twice. It keeps its name, which messages show. */
export async function fetchToFile(
  { path, blob }: Pick<SourceItem, "path" | "blob">,
  { blobs, signal }: { readonly blobs: Pick<BlobStore, "open">; readonly signal?: AbortSignal | undefined },
): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "loramill-upload-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const at = join(folder, basename(path));
    const { body } = await blobs.open(blob, { ...(signal && { signal }) });
    await pipeline(body, createWriteStream(at, { mode: 0o600 }), { ...(signal && { signal }) });
    return { path: at, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
