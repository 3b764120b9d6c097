import type { Stores } from "@loramill/contracts";
import type { ComfyUiClient } from "../client.ts";
import type { InputToUpload } from "./plan-item.ts";

const MAX_INPUT_BYTES = 4 * 1024 ** 3;

/** Puts the files that go in into the job's folder on a server. What lies there in its full size is not sent again. */
export async function uploadInputs(
  inputs: readonly InputToUpload[],
  to: { readonly client: ComfyUiClient; readonly stores: Pick<Stores, "blobs">; readonly signal: AbortSignal },
): Promise<void> {
  const { client, stores, signal } = to;
  for (const { blob, file } of inputs) {
    if ((await client.files.size(file, signal)) === blob.bytes) continue;
    const bytes = await stores.blobs.read(blob, { maxBytes: MAX_INPUT_BYTES, signal });
    await client.files.upload({ file, bytes, mediaType: blob.mediaType }, signal);
  }
}
