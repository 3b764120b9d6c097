import { createHash } from "node:crypto";
import { parseBucketUrl, walkBucket } from "../bucket.ts";
import { openBucketOf } from "../open-source.ts";
import type { SourceOptions } from "../source-options.ts";
import type { Part } from "./part.ts";

export async function fingerprintBucket(url: string, { limits, signal, stores }: SourceOptions): Promise<Part> {
  const { bucket, prefix } = parseBucketUrl(url);
  const objects = await openBucketOf(stores, bucket);
  const hash = createHash("sha256");
  let bytes = 0;
  let items = 0;
  try {
    for await (const entry of walkBucket(objects, prefix, signal)) {
      if (entry.kind === "refused") hash.update(`${JSON.stringify([entry.path, entry.code])}\n`);
      else {
        bytes += entry.object.bytes;
        items += 1;
        const { object, path } = entry;
        hash.update(`${JSON.stringify([path, object.bytes, object.modifiedAt.getTime()])}\n`);
      }
      if (items > limits.maxFiles) break;
    }
  } finally {
    await objects.close();
  }
  return { identity: { type: "s3", mode: "stat", objects: hash.digest("hex") }, items, bytes, mode: "stat" };
}
