import { join } from "node:path";
import { type BlobRef, type ClipTools, type GenerationSpec, type Stores, UserError } from "@loramill/contracts";
import { framesPerSecond } from "../../clips/clip-frames.ts";
import { fetchTo, withWorkFolder } from "../../clips/work-folder.ts";

export interface Measured {
  readonly width: number;
  readonly height: number;
  /** Of a clip. */
  readonly frames?: number;
  readonly fps?: number;
}

interface Parts {
  readonly stores: Stores;
  readonly tools: ClipTools;
  readonly signal: AbortSignal;
}

/**
 * Sides of a file, and of a clip its rate: as it says itself, else as it was asked for (`spec`, with nothing left open).
 * UserError `video-damaged` for a clip that says nothing and was asked for without a size.
 */
export async function measure(file: BlobRef, spec: GenerationSpec, parts: Parts): Promise<Measured> {
  if (file.mediaType === "image/png") return pngSize(await firstBytes(file, parts));
  const wished = wish(spec);
  try {
    const facts = await withWorkFolder(async (folder) => {
      const clip = await fetchTo(join(folder, "clip"), file, parts.stores.blobs, parts.signal);
      return parts.tools.look(clip, parts.signal);
    });
    const { width, height } = facts;
    return { fps: framesPerSecond(facts), ...wished, width, height };
  } catch (error) {
    // ffmpeg does not read animated WebP, and may not be installed here.
    const { width, height, ...rest } = wished;
    if (!(error instanceof UserError) || width === undefined || height === undefined) throw error;
    return { ...rest, width, height };
  }
}

/** IHDR comes first: width and height in four bytes each after its name. */
function pngSize(bytes: Buffer): Measured {
  if (bytes.length < 24 || bytes.toString("latin1", 12, 16) !== "IHDR") {
    throw new UserError("the server handed out a picture that is no PNG", { code: "picture-damaged" });
  }
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

async function firstBytes(file: BlobRef, { stores, signal }: Parts): Promise<Buffer> {
  const { body } = await stores.blobs.open(file, { signal, range: { start: 0, end: 23 } });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function wish(spec: GenerationSpec): Partial<Measured> {
  const given = spec as { [K in keyof Measured]?: Measured[K] | undefined };
  const known = (["width", "height", "frames", "fps"] as const).flatMap((name) =>
    given[name] === undefined ? [] : [[name, given[name]] as const],
  );
  return Object.fromEntries(known);
}
