import { digestOf, mapBounded, type Stores, type TrainingImage, UserError } from "@loramill/contracts";
import type { ComfyUiClient } from "./client.ts";
import type { RemoteFile } from "./outputs.ts";

const EXTENSIONS: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
};
const MAX_PICTURE_BYTES = 256 * 1024 * 1024;
const AT_ONCE = 4;

/** Name of the folder for these pictures and captions: other contents get another one, so nothing stale lies in it. */
export function datasetFolder(images: readonly TrainingImage[]): string {
  const content = images.map(({ image, caption }) => ({ image: image.sha256, caption }));
  return `loramill-${digestOf(content).slice(0, 24)}`;
}

/**
 * Puts every picture and its caption, as a text of the same name, into a folder of the server's input folder. What lies
 * there already in its full size is not sent again: a name holds the digest of its content. UserError
 * `unsupported-picture` for formats that ComfyUI does not read.
 */
export async function uploadDataset(
  images: readonly TrainingImage[],
  folder: string,
  to: { readonly client: ComfyUiClient; readonly stores: Stores; readonly signal: AbortSignal },
): Promise<{ readonly sent: number }> {
  const { client, stores, signal } = to;
  let sent = 0;

  async function put(
    file: RemoteFile,
    bytes: number,
    mediaType: string,
    read: () => Promise<Uint8Array>,
  ): Promise<void> {
    if ((await client.files.size(file, signal)) === bytes) return;
    await client.files.upload({ file, bytes: await read(), mediaType }, signal);
    sent += 1;
  }

  await mapBounded(images, AT_ONCE, async ({ image, caption }, index) => {
    const text = new TextEncoder().encode(caption);
    const stem = `${String(index).padStart(6, "0")}-${digestOf({ image: image.sha256, caption }).slice(0, 16)}`;
    const file = (extension: string): RemoteFile => ({
      filename: `${stem}.${extension}`,
      subfolder: folder,
      type: "input",
    });
    const read = () => stores.blobs.read(image, { maxBytes: MAX_PICTURE_BYTES, signal });
    await put(file("txt"), text.length, "text/plain", async () => text);
    await put(file(extensionOf(image.mediaType)), image.bytes, image.mediaType, read);
  });
  return { sent };
}

function extensionOf(mediaType: string): string {
  const extension = EXTENSIONS[mediaType];
  if (extension !== undefined) return extension;
  throw new UserError(`ComfyUI reads PNG, JPEG and WebP, not ${mediaType}: set prepare.format to png`, {
    code: "unsupported-picture",
    details: { field: "prepare.format" },
  });
}
