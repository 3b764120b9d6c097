import { mediaTypes, sniffFormat } from "./format.ts";
import { readHeader } from "./read-header.ts";

/** The size and media type of an encoded picture, as its header says; null for what is none that is read here. */
export async function measurePicture(
  bytes: Uint8Array,
): Promise<{ readonly width: number; readonly height: number; readonly mediaType: string } | null> {
  if (sniffFormat(bytes).kind !== "supported") return null;
  const { width, height, format } = await readHeader(bytes);
  return { width, height, mediaType: mediaTypes[format] };
}
