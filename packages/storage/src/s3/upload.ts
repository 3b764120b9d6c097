import { randomUUID } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { Body, Digest, PutOptions } from "@loramill/contracts";
import { PermanentError } from "@loramill/contracts";
import { assertExpected, chunksOf, createMeter } from "../bytes.ts";
import { partsOf } from "./parts.ts";
import type { S3Options } from "./s3-options.ts";

/** S3's own limit. */
export const MAX_PARTS = 10_000;
const ABORT_TIMEOUT_MS = 15_000;
const ABORT_ATTEMPTS = 4;
/** Metadata that tells an upload whose answer was lost from one that never ended. */
export const MARKER = "loramill-upload";

export interface Target {
  readonly client: S3Client;
  readonly options: S3Options;
  readonly bucket: string;
  /** In the bucket, prefix included. */
  readonly key: string;
}

/**
 * Sends a body in one request, or in parts when it is larger than one. Parts are held until the server has them, so
 * that the SDK can send each again; what fails or is aborted leaves neither object nor parts.
 */
export async function upload(target: Target, body: Body, put: PutOptions): Promise<{ bytes: number; sha256: Digest }> {
  put.signal?.throwIfAborted();
  const { options } = target;
  const bytes = put.bytes ?? (body instanceof Uint8Array ? body.byteLength : 0);
  const partBytes = Math.max(options.partBytes, Math.ceil(bytes / MAX_PARTS));
  const meter = createMeter();
  const source = body instanceof Uint8Array ? body : chunksOf(body, put.signal);
  const parts = metered(partsOf(source, partBytes), meter.add);
  try {
    const first = (await parts.next()).value ?? new Uint8Array(0);
    const second = first.byteLength < partBytes ? undefined : (await parts.next()).value;
    const finish = () => {
      const sent = { bytes: meter.bytes(), sha256: meter.finish() };
      assertExpected(target.key, put, sent);
      return sent;
    };
    if (second !== undefined) return await sendParts(target, chain([first, second], parts), put, finish);
    const sent = finish();
    await sendWhole(target, first, put, sent.sha256);
    return sent;
  } finally {
    await parts.return(undefined);
  }
}

async function sendWhole(target: Target, body: Uint8Array, put: PutOptions, sha256: Digest): Promise<void> {
  const { client, bucket, key, options } = target;
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: body,
    ContentLength: body.byteLength,
    ContentType: put.contentType,
    // The digest is known, so the server may as well check that one.
    ...(options.checksums === "when-supported"
      ? { ChecksumSHA256: Buffer.from(sha256, "hex").toString("base64") }
      : {}),
  });
  await client.send(command, abortable(put.signal));
}

async function sendParts<Sent extends { readonly bytes: number }>(
  target: Target,
  parts: AsyncGenerator<Uint8Array>,
  put: PutOptions,
  finish: () => Sent,
): Promise<Sent> {
  const { client, bucket, key, options } = target;
  const checksum = options.checksums === "when-supported" ? ({ ChecksumAlgorithm: "CRC32" } as const) : {};
  const marker = randomUUID();
  const object = { Bucket: bucket, Key: key };
  const created = await client.send(
    new CreateMultipartUploadCommand({
      ...object,
      ...checksum,
      ContentType: put.contentType,
      Metadata: { [MARKER]: marker },
    }),
    abortable(put.signal),
  );
  const upload = { ...object, UploadId: created.UploadId };
  try {
    const done = await sendSideBySide(target, parts, { ...upload, ...checksum }, put.signal);
    const sent = finish();
    await complete(client, upload, done, { marker, bytes: sent.bytes, signal: put.signal });
    return sent;
  } catch (error) {
    await giveUp(client, upload);
    throw error;
  }
}

/** A few senders share the parts; when one fails the others stop, and all have ended when this returns. */
async function sendSideBySide(
  { client, options }: Target,
  parts: AsyncGenerator<Uint8Array>,
  upload: { Bucket: string; Key: string; UploadId: string | undefined; ChecksumAlgorithm?: "CRC32" },
  signal: AbortSignal | undefined,
): Promise<CompletedPart[]> {
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const done: CompletedPart[] = [];
  let taken = 0;
  const send = async () => {
    for (;;) {
      either.throwIfAborted();
      // Numbered before the wait: calls of `next` are answered in their order.
      const PartNumber = ++taken;
      const { value } = await parts.next();
      if (value === undefined) return;
      if (PartNumber > MAX_PARTS) throw tooManyParts(upload.Key, options.partBytes);
      const command = new UploadPartCommand({ ...upload, PartNumber, Body: value, ContentLength: value.byteLength });
      const { ETag, ChecksumCRC32 } = await client.send(command, { abortSignal: either });
      done.push({ PartNumber, ETag, ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }) });
    }
  };
  const senders = Array.from({ length: options.uploadConcurrency }, () =>
    send().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  const results = await Promise.allSettled(senders);
  if (failed.signal.aborted) throw failed.signal.reason;
  for (const result of results) if (result.status === "rejected") throw result.reason;
  return done.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
}

export async function complete(
  client: S3Client,
  upload: { Bucket: string; Key: string; UploadId: string | undefined },
  parts: CompletedPart[],
  expected: { readonly marker: string; readonly bytes: number; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const command = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } });
  try {
    await client.send(command, abortable(expected.signal));
  } catch (error) {
    // A lost answer is tried again by the SDK and then meets an upload that no longer exists.
    if (!(await wasCompleted(client, upload, expected))) throw error;
  }
}

async function wasCompleted(
  client: S3Client,
  { Bucket, Key }: { Bucket: string; Key: string },
  expected: { readonly marker: string; readonly bytes: number; readonly signal: AbortSignal | undefined },
): Promise<boolean> {
  if (expected.signal?.aborted) return false;
  try {
    const head = await client.send(new HeadObjectCommand({ Bucket, Key }), abortable(expected.signal));
    return head.Metadata?.[MARKER] === expected.marker && head.ContentLength === expected.bytes;
  } catch {
    // The answer is only used to forgive the first error, which says more.
    return false;
  }
}

/**
 * Removes the parts, also after an abort, so with a time limit and tries of its own. A server that cannot be reached
 * even for this keeps them until its lifecycle rule removes them; the error that led here is the one to report.
 */
export async function giveUp(
  client: S3Client,
  upload: { Bucket: string; Key: string; UploadId: string | undefined },
): Promise<void> {
  const abortSignal = AbortSignal.timeout(ABORT_TIMEOUT_MS);
  for (let attempt = 1; attempt <= ABORT_ATTEMPTS; attempt += 1) {
    try {
      await client.send(new AbortMultipartUploadCommand(upload), { abortSignal });
      return;
    } catch (error) {
      if (abortSignal.aborted || (error instanceof Error && error.name === "NoSuchUpload")) return;
    }
  }
}

function tooManyParts(key: string, partBytes: number): PermanentError {
  return new PermanentError(
    `${key} has more than ${MAX_PARTS} parts of ${partBytes} bytes: raise S3_PART_BYTES or announce the length`,
    { code: "object-too-large" },
  );
}

export function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

async function* metered(
  parts: AsyncGenerator<Uint8Array>,
  add: (part: Uint8Array) => void,
): AsyncGenerator<Uint8Array, undefined> {
  for await (const part of parts) {
    add(part);
    yield part;
  }
  return undefined;
}

async function* chain(first: Uint8Array[], rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  yield* first;
  yield* rest;
  return undefined;
}
