import { type CaptionRequest, UserError } from "@loramill/contracts";

export interface SentPicture {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** Makes a picture small enough to send, such as 1 megapixel; `size` in pixels, as it was prepared. */
export type Shrink = (
  picture: SentPicture,
  size: { readonly width: number; readonly height: number },
) => Promise<SentPicture>;

/** Larger pictures are not sent, in bytes: as base64 in JSON they weigh a third more. */
const MAX_PICTURE_BYTES = 20 * 1024 * 1024;

/** The picture as it is sent. UserError `picture-too-large`. */
export async function pictureOf(request: CaptionRequest, shrink: Shrink | undefined): Promise<SentPicture> {
  const full = await request.pixels();
  const picture = shrink === undefined ? full : await shrink(full, request.image.prepared);
  if (picture.bytes.length > MAX_PICTURE_BYTES) {
    throw new UserError(
      `The picture has ${picture.bytes.length} bytes; at most ${MAX_PICTURE_BYTES} are sent to a vision endpoint`,
      { code: "picture-too-large" },
    );
  }
  return picture;
}

/** Base64 of a picture, without a copy of its bytes. */
export function base64Of({ bytes }: SentPicture): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
