import { UserError } from "@loramill/contracts";
import { readSafetensorsHeader } from "@loramill/lora";
import type { ComfyUiClient } from "./client.ts";
import type { RemoteFile } from "./outputs.ts";
import { type ComfyUiRecord, filePrefix } from "./training-record.ts";

const FOLDER = "loras";
const MAX_LORA_BYTES = 4 * 1024 * 1024 * 1024;

/**
 * The file that a training saved, or null when there is none or only a part of one. No answer of the server names it: it
 * is looked for where SaveLoRA puts it, then in the list of LoRAs.
 */
export async function findTrained(
  client: ComfyUiClient,
  { promptId, steps }: Pick<ComfyUiRecord, "promptId" | "steps">,
  signal: AbortSignal,
): Promise<RemoteFile | null> {
  const prefix = filePrefix(promptId);
  const fileOf = (filename: string): RemoteFile => ({ filename, subfolder: FOLDER, type: "output" });
  const usual = fileOf(`${prefix}_${steps}_steps_00001_.safetensors`);
  if (await isWhole(client, usual, signal)) return usual;
  const names = await client.models("loras", signal);
  const own = names.filter((name) => name.startsWith(`${prefix}_`)).sort();
  for (const name of own.reverse()) {
    if (await isWhole(client, fileOf(name), signal)) return fileOf(name);
  }
  return null;
}

/** Whether a file is there with as many bytes as its header promises: a server that stopped may have left a part. */
async function isWhole(client: ComfyUiClient, file: RemoteFile, signal: AbortSignal): Promise<boolean> {
  const size = await client.files.size(file, signal);
  if (size === null) return false;
  try {
    await readSafetensorsHeader({ size, bytes: (from, to) => client.files.range(file, from, to, signal) });
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

export async function downloadTrained(
  client: ComfyUiClient,
  file: RemoteFile,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of client.files.download(file, { maxBytes: MAX_LORA_BYTES, signal })) chunks.push(chunk);
  return Buffer.concat(chunks);
}
