import { open } from "node:fs/promises";
import { basename } from "node:path";
import { UserError } from "@loramill/contracts";
import { adviseOnContents, adviseOnFile, describeLora, type SafetensorsHeader } from "@loramill/lora";
import { withTensorFile } from "./tensor-file.ts";

/** A file of this machine that is a LoRA, by its header; or why it is none, and what to do. */
export type LoraFileLook =
  | {
      readonly isReadable: true;
      readonly bytes: number;
      readonly family: string | null;
      /** Size or generation of the family, where it shows. */
      readonly variant: string | null;
      readonly rank: number | null;
      readonly triggerWords: readonly string[];
      readonly warnings: readonly string[];
    }
  | { readonly isReadable: false; readonly bytes: number; readonly message: string; readonly advice: string };

const HEAD_BYTES = 64;

/** Reads headers only, however large the file is; above `warnBytes` it is warned about. */
export async function lookAtLoraFile(path: string, warnBytes: number): Promise<LoraFileLook> {
  try {
    return await withTensorFile(path, async ({ header, bytes }) =>
      lookAtHeader(header, bytes, { warnBytes, fileName: basename(path) }),
    );
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const message = error.message.replace(`${path}: `, "");
    const start = await readStart(path);
    if (start === null) return { isReadable: false, bytes: 0, message, advice: "let this user read it" };
    return { isReadable: false, bytes: start.bytes, message, advice: adviseOnFile(start.head, error) };
  }
}

function lookAtHeader(
  header: SafetensorsHeader,
  bytes: number,
  { warnBytes, fileName }: { readonly warnBytes: number; readonly fileName: string },
): LoraFileLook {
  const { modules, family, ranks, triggerWords, warnings } = describeLora(header, {
    sizeLimitBytes: warnBytes,
    fileName,
  });
  if (modules === 0) {
    const advice = adviseOnContents(header.tensors.keys());
    return { isReadable: false, bytes, message: "It holds no LoRA matrices.", advice };
  }
  return {
    isReadable: true,
    bytes,
    family: family?.family ?? null,
    variant: family?.variant ?? null,
    rank: ranks[0]?.rank ?? null,
    triggerWords: triggerWords.map(({ word }) => word),
    warnings,
  };
}

/** The first bytes of a file and how many it has; null where it cannot be opened. */
async function readStart(path: string): Promise<{ readonly head: Uint8Array; readonly bytes: number } | null> {
  const handle = await open(path).catch(() => null);
  if (handle === null) return null;
  try {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return { head: buffer.subarray(0, bytesRead), bytes: (await handle.stat()).size };
  } finally {
    await handle.close();
  }
}
