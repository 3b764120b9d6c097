import type { ObjectInfo, ObjectStore } from "@loramill/contracts";
import { UserError } from "@loramill/contracts";
import type { RefusedFile } from "./source-entry.ts";
import { refuse } from "./source-entry.ts";
import { cleanName, isJunk } from "./source-names.ts";

/** An object below a prefix, and its path relative to it. */
export interface FoundObject {
  readonly kind: "found";
  readonly path: string;
  readonly object: ObjectInfo;
}

/** The bucket and the prefix of `s3://bucket/prefix`; a prefix means a folder and ends in a slash. */
export function parseBucketUrl(url: string): { readonly bucket: string; readonly prefix: string } {
  const [, bucket, path = ""] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(url) ?? [];
  if (bucket === undefined) throw new UserError(`${url} is not s3://bucket/prefix`, { code: "bad-source-url" });
  return { bucket, prefix: path === "" || path.endsWith("/") ? path : `${path}/` };
}

/** The objects below a prefix in key order; folder markers, hidden objects and junk are skipped. */
export async function* walkBucket(
  objects: ObjectStore,
  prefix: string,
  signal?: AbortSignal,
): AsyncGenerator<FoundObject | RefusedFile> {
  for await (const object of objects.list(prefix, signal === undefined ? {} : { signal })) {
    const name = object.key.slice(prefix.length);
    if (name === "" || name.endsWith("/")) continue;
    const clean = cleanName(name);
    if ("problem" in clean) yield refuse(name, clean.code, clean.problem);
    else if (!isJunk(clean.path)) yield { kind: "found", path: clean.path, object };
  }
}

/** The bytes of an object that was listed. UserError `missing` when it was deleted since. */
export async function* readObject(
  objects: ObjectStore,
  found: FoundObject,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { body } = await objects.get(found.object.key, signal === undefined ? {} : { signal });
  yield* body;
}
