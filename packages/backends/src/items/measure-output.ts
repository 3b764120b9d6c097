import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ClipTools, PermanentError } from "@loramill/contracts";
import { framesPerSecond } from "../clips/clip-frames.ts";
import { withWorkFolder } from "../clips/work-folder.ts";

/** The size and media type of an encoded picture, as its header says; null for what is none. */
export type MeasurePicture = (
  bytes: Uint8Array,
) => Promise<{ readonly width: number; readonly height: number; readonly mediaType: string } | null>;

export interface MeasureParts {
  readonly measurePicture: MeasurePicture;
  readonly tools: Pick<ClipTools, "look">;
}

interface Measured {
  readonly mediaType: string;
  readonly width: number;
  readonly height: number;
  readonly fps?: number;
}

/** What a service's file is, by its own bytes: pictures by their header, anything else as a clip. */
export async function measureOutput(bytes: Uint8Array, parts: MeasureParts, signal: AbortSignal): Promise<Measured> {
  const picture = await parts.measurePicture(bytes);
  if (picture !== null) return picture;
  if (bytes.length < 8) throw new PermanentError("the service handed out an empty file", { code: "bad-output" });
  return withWorkFolder(async (folder) => {
    const path = join(folder, "clip");
    await writeFile(path, bytes, { signal });
    const facts = await parts.tools.look(path, signal);
    const { width, height } = facts;
    return { mediaType: clipType(bytes), width, height, fps: framesPerSecond(facts) };
  });
}

/** WebM begins with EBML's mark; MP4 is what is left of what ComfyUI writes. */
function clipType(bytes: Uint8Array): string {
  const isEbml = Buffer.from(bytes.subarray(0, 4)).toString("hex") === "1a45dfa3";
  return isEbml ? "video/webm" : "video/mp4";
}
