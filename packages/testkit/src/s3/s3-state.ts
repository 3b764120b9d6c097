import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { ChecksumAlgorithm } from "./checksums.ts";

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
  readonly type: "FULL_OBJECT" | "COMPOSITE";
}

export interface StoredFacts {
  readonly etag: string;
  readonly bytes: number;
  readonly modifiedAt: string;
  /** Headers that come back as they were given: content-type and its like, x-amz-meta-… */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum: Checksum | null;
}

export interface S3Object extends StoredFacts {
  readonly key: string;
  /** Where the bytes are kept. */
  readonly data: string;
}

export interface S3Part {
  readonly number: number;
  readonly etag: string;
  readonly bytes: number;
  readonly modifiedAt: string;
  readonly checksum: string | null;
  readonly data: string;
}

export interface S3Upload {
  readonly id: string;
  readonly key: string;
  readonly startedAt: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly algorithm: ChecksumAlgorithm | null;
  readonly type: "FULL_OBJECT" | "COMPOSITE";
  readonly parts: S3Part[];
}

export interface S3Bucket {
  readonly name: string;
  readonly createdAt: string;
  readonly objects: S3Object[];
  readonly uploads: S3Upload[];
}

/** Everything the server knows. With a folder it survives a restart: one JSON file per bucket, one file per body. */
export interface S3State {
  readonly buckets: Map<string, BucketState>;
  write(bytes: Uint8Array): string;
  /** Whole, or from the first to the last byte of a range: a large object that is kept in a folder is not read for a part. */
  read(data: string, range?: ByteRange | null): Buffer;
  drop(data: string): void;
  /** Writes a bucket down after it changed; null when it was removed. */
  save(name: string): void;
}

export interface BucketState {
  readonly name: string;
  readonly createdAt: string;
  readonly objects: Map<string, S3Object>;
  readonly uploads: Map<string, S3Upload>;
}

export function openState(folder: string | null): S3State {
  const data = folder === null ? memoryData() : folderData(join(folder, "data"));
  const buckets = new Map<string, BucketState>();
  if (folder !== null) {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      if (!name.endsWith(".json")) continue;
      const bucket = JSON.parse(readFileSync(join(folder, name), "utf8")) as S3Bucket;
      buckets.set(bucket.name, {
        name: bucket.name,
        createdAt: bucket.createdAt,
        objects: new Map(bucket.objects.map((object) => [object.key, object])),
        uploads: new Map(bucket.uploads.map((upload) => [upload.id, upload])),
      });
    }
  }
  return {
    ...data,
    buckets,
    save(name) {
      if (folder === null) return;
      const path = join(folder, `${name}.json`);
      const bucket = buckets.get(name);
      if (bucket === undefined) return rmSync(path, { force: true });
      const saved: S3Bucket = {
        ...bucket,
        objects: [...bucket.objects.values()],
        uploads: [...bucket.uploads.values()],
      };
      writeFileSync(`${path}.new`, JSON.stringify(saved));
      renameSync(`${path}.new`, path);
    },
  };
}

/** First and last byte. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

type Data = Pick<S3State, "write" | "read" | "drop">;

function memoryData(): Data {
  const kept = new Map<string, Buffer>();
  return {
    write(bytes) {
      const id = randomUUID();
      kept.set(id, Buffer.from(bytes));
      return id;
    },
    read(id, range) {
      const bytes = kept.get(id) ?? Buffer.alloc(0);
      return range ? bytes.subarray(range.start, range.end + 1) : bytes;
    },
    drop: (id) => void kept.delete(id),
  };
}

function folderData(folder: string): Data {
  mkdirSync(folder, { recursive: true });
  return {
    write(bytes) {
      const id = randomUUID();
      writeFileSync(join(folder, id), bytes);
      return id;
    },
    read: (id, range) => (range ? readRange(join(folder, id), range) : readFileSync(join(folder, id))),
    drop: (id) => rmSync(join(folder, id), { force: true }),
  };
}

function readRange(path: string, { start, end }: ByteRange): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(end + 1 - start);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, start));
  } finally {
    closeSync(file);
  }
}

export function md5Hex(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}
