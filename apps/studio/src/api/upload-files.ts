import { type Digest, sha256Hex } from "@loramill/contracts";
import type { Client, UploadProgress } from "@loramill/sdk";

/** A file as a browser gives it; of a folder that was chosen or dropped it knows its path there. */
const pathOf = (file: File): string => file.webkitRelativePath || file.name;

/**
 * Sends files and answers the listing that a spec's `{ type: "upload", listing }` source names. What the API has already is
 * not sent again.
 */
export async function uploadFiles(
  client: Client,
  files: readonly File[],
  options: { readonly signal?: AbortSignal; readonly onProgress?: (progress: UploadProgress) => void } = {},
): Promise<{ readonly listing: Digest; readonly files: number; readonly bytes: number }> {
  const offered = [];
  for (const file of files) offered.push({ path: pathOf(file), sha256: await digestOfFile(file), body: file });
  return client.upload(offered, { ...options, streamed: false });
}

/** Sends one file that goes into a picture or clip, and answers how a request names it. */
export async function uploadInput(client: Client, file: File): Promise<string> {
  const sha256 = await digestOfFile(file);
  await client.upload([{ path: pathOf(file), sha256, body: file }], { streamed: false });
  return `sha256:${sha256}`;
}

/** Browsers digest on pages of this machine and over HTTPS; elsewhere it is done in JavaScript, which is slower. */
async function digestOfFile(file: File): Promise<Digest> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (!crypto.subtle) return sha256Hex(bytes);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
