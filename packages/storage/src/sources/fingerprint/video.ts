import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { type Digest, type JsonObject, type Source, UserError } from "@loramill/contracts";
import { describeReadError } from "../local-file.ts";
import type { SourceOptions } from "../source-options.ts";
import { findUploadedFile } from "../uploaded-file.ts";
import { hashFile } from "./hash-file.ts";
import type { Part } from "./part.ts";

export async function fingerprintVideo(
  { path, upload, ...settings }: Extract<Source, { type: "video" }>,
  options: SourceOptions,
): Promise<Part> {
  const { name, file, bytes } =
    upload === undefined ? await identifyVideo(path ?? "", options) : await identifyUploaded(upload, options);
  // The name is part of the frames' paths.
  const identity = { name, file, settings: JSON.parse(JSON.stringify(settings)) as JsonObject };
  const mode = typeof file === "string" ? "content" : "stat";
  return { identity: { type: "video", ...identity }, items: null, bytes, mode };
}

interface VideoIdentity {
  readonly name: string;
  /** Digest of its bytes, or of a large one what tells that it changed. */
  readonly file: Digest | { readonly bytes: number; readonly modifiedMs: number };
  readonly bytes: number;
}

async function identifyVideo(path: string, { limits, signal }: SourceOptions): Promise<VideoIdentity> {
  const at = resolve(path);
  const name = basename(at);
  const { mtimeMs, size: bytes } = await statVideo(at, path);
  const isSmall = bytes <= limits.fingerprintContentMaxBytes;
  const file = isSmall ? await hashFile(at, name, Number.MAX_SAFE_INTEGER, signal) : { bytes, modifiedMs: mtimeMs };
  return { name, file, bytes };
}

/** As if it lay on this machine under its name. */
async function identifyUploaded(upload: Digest, { stores }: SourceOptions): Promise<VideoIdentity> {
  const { path, blob } = await findUploadedFile(upload, stores.documents);
  return { name: basename(path), file: blob.sha256, bytes: blob.bytes };
}

async function statVideo(at: string, path: string): Promise<{ mtimeMs: number; size: number }> {
  try {
    const stats = await stat(at);
    if (stats.isFile()) return stats;
  } catch (error) {
    const described = describeReadError(error, `the video ${path}`);
    if (!(described instanceof UserError) || described.code !== "missing") throw described;
    throw new UserError(`the video ${path} does not exist on this machine`, { code: "source-missing", cause: error });
  }
  throw new UserError(`${path} is not a file; give a folder of pictures as type: folder`, { code: "not-a-file" });
}
