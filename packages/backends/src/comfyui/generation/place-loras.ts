import { type Stores, UserError } from "@loramill/contracts";
import type { ComfyUiClient } from "../client.ts";
import type { RemoteFile } from "../outputs.ts";
import type { LoraToPlace } from "./plan-item.ts";

/**
 * Brings LoRAs to servers: uploads go to `output/loras`, which ComfyUI searches for LoRAs. A name holds the digest of its
 * content, so one that a server lists is taken as it is, however it came there. ComfyUI has no route that deletes a file:
 * what was placed stays until somebody empties that folder.
 */
export interface LoraPlacer {
  /** UserError `lora-unloadable` with what the spec calls it, where the server does not take or not find it. */
  place(lora: LoraToPlace, client: ComfyUiClient, signal: AbortSignal): Promise<void>;
  /** Looks again before it relies on this server: it was started anew, perhaps with an empty disk. */
  forget(client: ComfyUiClient): void;
}

/** Placed files that are remembered; a server is asked again for the others. */
const REMEMBERED = 256;
const MAX_LORA_BYTES = 4 * 1024 ** 3;
/** What a form adds to the file that it carries. */
const FORM_BYTES = 4096;

export function createLoraPlacer({ blobs }: Pick<Stores, "blobs">): LoraPlacer {
  const placed = new Set<string>();

  function remember(key: string): void {
    placed.delete(key);
    placed.add(key);
    const [oldest] = placed;
    if (placed.size > REMEMBERED && oldest !== undefined) placed.delete(oldest);
  }

  return {
    async place(lora, client, signal) {
      const key = `${client.name}/${lora.filename}`;
      if (!placed.has(key) && !(await isListed(lora, client, signal))) {
        await upload(lora, client, signal);
        if (!(await isListed(lora, client, signal))) {
          const advice = "let its LoRA folders hold output/loras, or put the file into models/loras under that name";
          throw unloadable(
            lora,
            `ComfyUI at ${client.name} does not list ${lora.filename} after its upload: ${advice}`,
          );
        }
      }
      remember(key);
    },
    forget({ name }) {
      for (const key of [...placed]) if (key.startsWith(`${name}/`)) placed.delete(key);
    },
  };

  async function upload(lora: LoraToPlace, client: ComfyUiClient, signal: AbortSignal): Promise<void> {
    const { weights, filename } = lora;
    const most = await client.maxUploadBytes(signal);
    if (most !== null && weights.bytes + FORM_BYTES > most) {
      const limit = `ComfyUI at ${client.name} takes ${most} bytes at once, and ${lora.name} has ${weights.bytes}`;
      throw unloadable(lora, `${limit}: start it with a larger --max-upload-size (megabytes)`);
    }
    const bytes = await blobs.read(weights, { maxBytes: MAX_LORA_BYTES, signal });
    try {
      await client.files.upload({ file: fileOf(filename), bytes, mediaType: "application/octet-stream" }, signal);
    } catch (error) {
      // A proxy before the server may have a limit of its own.
      if (error instanceof UserError && error.code === "upload-too-large") throw unloadable(lora, error.message);
      throw error;
    }
  }
}

async function isListed(
  { filename, weights }: LoraToPlace,
  client: ComfyUiClient,
  signal: AbortSignal,
): Promise<boolean> {
  const names = await client.models("loras", signal);
  if (!names.some((name) => name.split(/[/\\]/).at(-1) === filename)) return false;
  // One of a shared folder cannot be measured; an upload that was cut can.
  const size = await client.files.size(fileOf(filename), signal);
  return size === null || size === weights.bytes;
}

const fileOf = (filename: string): RemoteFile => ({ filename, subfolder: "loras", type: "output" });

const unloadable = ({ called }: LoraToPlace, message: string): UserError =>
  new UserError(message, { code: "lora-unloadable", details: { lora: called } });
