import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from "@aws-sdk/client-s3";
import { type GetOptions, PermanentError, type StoredObject, TransientError, UserError } from "@loramill/contracts";
import { mapS3Error } from "./s3-errors.ts";
import { abortable } from "./upload.ts";

export interface DownloadTarget {
  readonly client: S3Client;
  readonly id: string;
  readonly bucket: string;
  /** As callers know it, and in the bucket with its prefix. */
  readonly key: string;
  readonly bucketKey: string;
  /** Resumes without a byte of progress before a read is given up. */
  readonly attempts: number;
  /** What to look at when credentials are refused. */
  readonly credentialsAdvice?: string | undefined;
}

/** Opens an object; a body that breaks off is resumed where it broke, as long as the object is still the same. */
export async function download(target: DownloadTarget, get: GetOptions): Promise<StoredObject> {
  const { range, signal } = get;
  if (range !== undefined) assertRange(range);
  const first = await request(target, rangeHeader(range?.start, range?.end), undefined, signal);
  const { start, bytes, totalBytes } = extentOf(first, target);
  return {
    body: readAll(target, first, { start, bytes, signal }),
    bytes,
    totalBytes,
    contentType: first.ContentType,
  };
}

function assertRange({ start, end = start }: { start: number; end?: number }): void {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && end >= start) return;
  throw new UserError(`${start}-${end} is not a range of bytes`, { code: "bad-range" });
}

async function request(
  target: DownloadTarget,
  range: string | undefined,
  ifMatch: string | undefined,
  signal: AbortSignal | undefined,
): Promise<GetObjectCommandOutput> {
  const { client, bucket, bucketKey, key, id, credentialsAdvice } = target;
  const command = new GetObjectCommand({ Bucket: bucket, Key: bucketKey, Range: range, IfMatch: ifMatch });
  try {
    return await client.send(command, abortable(signal));
  } catch (error) {
    throw mapS3Error(error, { id, key, signal, credentialsAdvice });
  }
}

async function* readAll(
  target: DownloadTarget,
  first: GetObjectCommandOutput,
  extent: { readonly start: number; readonly bytes: number; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  const { start, bytes, signal } = extent;
  let done = 0;
  let response = first;
  for (let attempt = 1; ; attempt += 1) {
    let failure: unknown;
    const before = done;
    try {
      for await (const chunk of bodyOf(response)) {
        signal?.throwIfAborted();
        done += chunk.byteLength;
        if (done > bytes) break;
        yield chunk;
      }
    } catch (error) {
      failure = mapS3Error(error, { id: target.id, key: target.key, signal });
    }
    if (done > bytes) throw wrongLength(target, bytes);
    if (failure === undefined && done === bytes) return;
    if (failure !== undefined && !(failure instanceof TransientError)) throw failure;
    if (done > before) attempt = 1;
    // A wrong checksum is only known at the end, when everything has been handed out.
    if (attempt >= target.attempts || done === bytes) throw failure ?? wrongLength(target, bytes);
    response = await request(target, rangeHeader(start + done, start + bytes - 1), first.ETag, signal);
  }
}

function bodyOf(response: GetObjectCommandOutput): AsyncIterable<Uint8Array> {
  return (response.Body ?? []) as AsyncIterable<Uint8Array>;
}

function rangeHeader(start: number | undefined, end: number | undefined): string | undefined {
  return start === undefined ? undefined : `bytes=${start}-${end ?? ""}`;
}

function extentOf(response: GetObjectCommandOutput, target: DownloadTarget) {
  const bytes = response.ContentLength;
  if (bytes === undefined) {
    throw new PermanentError(`${target.id} does not tell the length of ${target.key}`, { code: "storage-unsupported" });
  }
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.ContentRange ?? "") ?? [];
  return { start: Number(start ?? 0), bytes, totalBytes: Number(total ?? bytes) };
}

function wrongLength(target: DownloadTarget, bytes: number): TransientError {
  return new TransientError(
    `${target.id} sent another number of bytes of ${target.key} than the ${bytes} it announced`,
    {
      code: "transfer-damaged",
    },
  );
}
