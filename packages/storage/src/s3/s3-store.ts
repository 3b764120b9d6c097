import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { type ObjectInfo, PermanentError, type VolumeFiles } from "@loramill/contracts";
import { assertExpected, isMissing } from "../bytes.ts";
import type { ObjectDriver } from "../driver.ts";
import { assertSafeKey, assertSafePrefix } from "../keys.ts";
import { assertExpiry } from "../signed-url.ts";
import { download } from "./download.ts";
import { listUploads, uploadResumably } from "./resumable-upload.ts";
import { createS3Client, createSigningClient } from "./s3-client.ts";
import { mapS3Error } from "./s3-errors.ts";
import type { S3Options } from "./s3-options.ts";
import { spool } from "./spool.ts";
import { abortable, giveUp, upload } from "./upload.ts";

/** S3's own limit of one DeleteObjects. */
const MAX_DELETES = 1000;

/** Objects of a bucket, all below a prefix (without slashes at its ends; empty for the whole bucket). */
export function openS3Store(
  at: { readonly bucket: string; readonly prefix: string },
  options: S3Options,
): ObjectDriver & VolumeFiles {
  const { bucket } = at;
  const base = at.prefix === "" ? "" : `${at.prefix}/`;
  const id = `s3://${bucket}/${base}${options.endpoint === null ? "" : ` at ${new URL(options.endpoint).host}`}`;
  const client = createS3Client(options);
  const signing = createSigningClient(options);

  const keyIn = (key: string): string => {
    assertSafeKey(key);
    return base + key;
  };
  const guard = async <T>(key: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> => {
    try {
      signal?.throwIfAborted();
      return await work();
    } catch (error) {
      throw mapS3Error(error, { id, key, signal, credentialsAdvice: options.credentialsAdvice });
    }
  };
  const target = (key: string) => ({ client, options, bucket, key: keyIn(key) });

  const head = async (key: string, signal: AbortSignal | undefined): Promise<ObjectInfo | null> => {
    try {
      return await guard(key, signal, async () => {
        const found = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: keyIn(key) }), abortable(signal));
        return { key, bytes: found.ContentLength ?? 0, modifiedAt: found.LastModified ?? new Date(0) };
      });
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  };

  async function* list(prefix: string, after: string, signal: AbortSignal | undefined): AsyncGenerator<ObjectInfo> {
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: base + prefix,
        ...(after === "" ? {} : { StartAfter: base + after }),
        ...(token === undefined ? {} : { ContinuationToken: token }),
      });
      const page = await guard(prefix, signal, () => client.send(command, abortable(signal)));
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        if (Key === undefined) continue;
        yield { key: Key.slice(base.length), bytes: Size ?? 0, modifiedAt: LastModified ?? new Date(0) };
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  const deleteBatch = async (keys: readonly string[], signal: AbortSignal | undefined): Promise<void> => {
    const Objects = keys.map((key) => ({ Key: keyIn(key) }));
    const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } });
    const { Errors = [] } = await guard(keys[0] ?? "", signal, () => client.send(command, abortable(signal)));
    const [first] = Errors;
    if (first === undefined) return;
    throw new PermanentError(`${id} did not delete ${Errors.length} objects, such as ${first.Key} (${first.Code})`, {
      code: "storage-refused",
      details: { key: first.Key ?? "", s3: first.Code ?? "" },
    });
  };

  return {
    id,
    put: (key, body, put = {}) => guard(key, put.signal, () => upload(target(key), body, put)),
    putContent: (keyOf, body, put) =>
      guard("a new object", put.signal, async () => {
        const limits = { folder: options.spoolFolder, memoryBytes: options.partBytes, signal: put.signal };
        const spooled = await spool(body, limits);
        try {
          assertExpected("a new object", put, spooled);
          const key = keyOf(spooled.sha256);
          const { bytes, sha256 } = spooled;
          const stored = (await head(key, put.signal))?.bytes !== bytes;
          if (stored) await upload(target(key), spooled.body(), { ...put, bytes, sha256 });
          return { bytes, sha256, stored };
        } finally {
          await spooled.dispose();
        }
      }),
    putLarge: (key, source, put) => guard(key, put.signal, () => uploadResumably(target(key), source, put)),
    dropUploads: (keep, signal) =>
      guard(base, signal, async () => {
        for (const one of await listUploads({ client, bucket }, base, signal)) {
          if (!keep.has(one.Key.slice(base.length))) await giveUp(client, one);
        }
      }),
    get: (key, get = {}) =>
      guard(key, get.signal, () =>
        download(
          {
            client,
            id,
            bucket,
            key,
            bucketKey: keyIn(key),
            attempts: options.attempts,
            credentialsAdvice: options.credentialsAdvice,
          },
          get,
        ),
      ),
    head: (key, { signal } = {}) => head(key, signal),
    delete: (key) =>
      guard(key, undefined, async () => {
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: keyIn(key) }));
      }),
    deleteMany: async (keys, { signal } = {}) => {
      for (let start = 0; start < keys.length; start += MAX_DELETES) {
        await deleteBatch(keys.slice(start, start + MAX_DELETES), signal);
      }
    },
    list: (prefix, { after = "", signal } = {}) => {
      assertSafePrefix(prefix);
      return list(prefix, after, signal);
    },
    presign: (key, { method, expiresSeconds }) =>
      guard(key, undefined, async () => {
        assertExpiry(expiresSeconds);
        const object = { Bucket: bucket, Key: keyIn(key) };
        const command = method === "GET" ? new GetObjectCommand(object) : new PutObjectCommand(object);
        return getSignedUrl(signing, command, { expiresIn: Math.ceil(expiresSeconds) });
      }),
    close: async () => {
      client.destroy();
      signing.destroy();
    },
  };
}
