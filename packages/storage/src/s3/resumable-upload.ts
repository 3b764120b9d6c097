import { createHash } from "node:crypto";
import {
  type CompletedPart,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { type LargeSource, TransientError } from "@loramill/contracts";
import { assertExpected, chunksOf, createMeter } from "../bytes.ts";
import { partsOf } from "./parts.ts";
import { abortable, complete, giveUp, MARKER, MAX_PARTS, type Target, upload } from "./upload.ts";

interface UploadId {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string | undefined;
}

/**
 * Sends a body in parts, and goes on with an upload of the same key that was broken off: parts whose MD5 is that of the body are
 * not sent again. The whole body is read, since only so its digest is known; that of a wrong one takes all parts with it.
 */
export async function uploadResumably(
  target: Target,
  source: LargeSource,
  { signal, onPart }: { readonly signal: AbortSignal; readonly onPart?: (bytesThere: number) => void },
): Promise<void> {
  const { bytes, sha256 } = source;
  const partBytes = Math.max(target.options.partBytes, Math.ceil(bytes / MAX_PARTS));
  if (bytes <= partBytes) {
    await upload(target, source.open(signal), { bytes, sha256, signal });
    onPart?.(bytes);
    return;
  }
  const [found] = await uploadsOf(target, signal);
  const there = found === undefined ? null : await listParts(target, found, signal);
  const id = found === undefined || there === null ? await begin(target, sha256, signal) : found;
  const meter = createMeter();
  const done = await sendMissing(target, id, { source, partBytes, there: there ?? new Map(), meter, signal, onPart });
  try {
    assertExpected(target.key, { bytes, sha256 }, { bytes: meter.bytes(), sha256: meter.finish() });
  } catch (error) {
    await giveUp(target.client, id);
    throw error;
  }
  await complete(target.client, id, done, { marker: sha256, bytes, signal });
  // Uploads whose beginning was answered to nobody.
  for (const other of await uploadsOf(target, signal)) await giveUp(target.client, other);
}

/** Uploads under way of the keys below a prefix. Empty where a server does not tell: then nothing is gone on from. */
export async function listUploads(
  { client, bucket }: Pick<Target, "client" | "bucket">,
  prefix: string,
  signal: AbortSignal,
): Promise<UploadId[]> {
  const found: UploadId[] = [];
  let after: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } = {};
  for (;;) {
    const input: ListMultipartUploadsCommandInput = { Bucket: bucket, Prefix: prefix, ...after };
    const asking = client.send(new ListMultipartUploadsCommand(input), abortable(signal));
    const page: ListMultipartUploadsCommandOutput | null = await orElse(asking, ["NotImplemented"], null);
    for (const { Key, UploadId } of page?.Uploads ?? []) {
      if (Key !== undefined) found.push({ Bucket: bucket, Key, UploadId });
    }
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page ?? {};
    if (IsTruncated !== true || NextKeyMarker === undefined || NextUploadIdMarker === undefined) return found;
    after = { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker };
  }
}

const uploadsOf = async (target: Target, signal: AbortSignal): Promise<UploadId[]> =>
  (await listUploads(target, target.key, signal)).filter(({ Key }) => Key === target.key);

/** Parts by number; null when the upload is no more. */
async function listParts({ client }: Target, id: UploadId, signal: AbortSignal) {
  const parts = new Map<number, { readonly etag: string; readonly bytes: number }>();
  for (let marker: string | undefined; ; ) {
    const command = new ListPartsCommand({ ...id, ...(marker === undefined ? {} : { PartNumberMarker: marker }) });
    const page = await orElse(client.send(command, abortable(signal)), ["NoSuchUpload", "NotImplemented"], null);
    if (page === null) return null;
    for (const { PartNumber = 0, ETag = "", Size = 0 } of page.Parts ?? []) {
      parts.set(PartNumber, { etag: ETag, bytes: Size });
    }
    if (page.IsTruncated !== true) return parts;
    marker = page.NextPartNumberMarker;
  }
}

async function begin({ client, bucket, key }: Target, marker: string, signal: AbortSignal): Promise<UploadId> {
  const object = { Bucket: bucket, Key: key };
  const command = new CreateMultipartUploadCommand({ ...object, Metadata: { [MARKER]: marker } });
  const { UploadId } = await client.send(command, abortable(signal));
  return { ...object, UploadId };
}

/** A few parts are under way at once; when one fails, the others end first. */
async function sendMissing(
  { client, options, key }: Target,
  id: UploadId,
  work: {
    readonly source: LargeSource;
    readonly partBytes: number;
    readonly there: ReadonlyMap<number, { readonly etag: string; readonly bytes: number }>;
    readonly meter: ReturnType<typeof createMeter>;
    readonly signal: AbortSignal;
    readonly onPart: ((bytesThere: number) => void) | undefined;
  },
): Promise<CompletedPart[]> {
  const failed = new AbortController();
  const signal = AbortSignal.any([work.signal, failed.signal]);
  const underWay = new Set<Promise<void>>();
  const done: CompletedPart[] = [];
  let bytesThere = 0;
  const note = (part: CompletedPart, bytes: number) => {
    done.push(part);
    bytesThere += bytes;
    work.onPart?.(bytesThere);
  };

  async function send(PartNumber: number, Body: Uint8Array, md5: Buffer): Promise<void> {
    const ContentMD5 = md5.toString("base64");
    const command = new UploadPartCommand({ ...id, PartNumber, Body, ContentLength: Body.byteLength, ContentMD5 });
    const { ETag } = await client.send(command, { abortSignal: signal });
    if (isMd5(ETag) && unquote(ETag) !== md5.toString("hex")) {
      throw new TransientError(`${key} was damaged on its way`, { code: "transfer-damaged" });
    }
    note({ PartNumber, ETag }, Body.byteLength);
  }

  try {
    let number = 0;
    for await (const part of partsOf(chunksOf(work.source.open(signal), signal), work.partBytes)) {
      number += 1;
      work.meter.add(part);
      const md5 = createHash("md5").update(part).digest();
      const known = work.there.get(number);
      if (known?.bytes === part.byteLength && unquote(known.etag) === md5.toString("hex")) {
        note({ PartNumber: number, ETag: known.etag }, part.byteLength);
        continue;
      }
      const sending = send(number, part, md5).catch((error: unknown) => failed.abort(error));
      underWay.add(sending);
      sending.finally(() => underWay.delete(sending));
      if (underWay.size >= options.uploadConcurrency) await Promise.race(underWay);
    }
  } finally {
    await Promise.all(underWay);
  }
  failed.signal.throwIfAborted();
  return done.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
}

const unquote = (etag: string | undefined): string => (etag ?? "").replaceAll('"', "").toLowerCase();
/** Most servers name a part by its MD5; of others nothing can be compared. */
const isMd5 = (etag: string | undefined): boolean => /^[0-9a-f]{32}$/.test(unquote(etag));

async function orElse<T, U>(asking: Promise<T>, names: readonly string[], otherwise: U): Promise<T | U> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof Error && names.includes(error.name)) return otherwise;
    throw error;
  }
}
