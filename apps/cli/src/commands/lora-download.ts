import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { UserError } from "@loramill/contracts";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatBytes } from "../format.ts";
import { writeWhole } from "../write-whole.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";
import type { InProject } from "./lora.ts";

/** Saves a LoRA's file, whole and checked or not at all. */
export async function loraDownloadCommand(
  lora: string,
  options: InProject & { readonly output?: string },
  context: CommandContext,
): Promise<number> {
  const { output, ...where } = options;
  const { signal } = context.interrupts;
  return withConnection(context, async ({ client }) => {
    const { name, bytes, sha256, body } = await client.loras.download(lora, { ...where, signal });
    const file = await placeOf(output, name, context.config.loraOutputDir);
    await writeWhole(file, checked(body, { name, sha256 }), { signal });
    if (context.json) printJson(context, { file, bytes, sha256 });
    else printLine(context, `${file}  ${formatBytes(bytes)}`);
    return exitCodes.ok;
  });
}

/** Passes the bytes on, and throws at their end where they were not the right ones. */
export async function* checked(
  chunks: AsyncIterable<Uint8Array>,
  { name, sha256 }: { readonly name: string; readonly sha256: string },
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest("hex") === sha256) return;
  throw new UserError(`${name} came with other bytes than the library holds: try again`, { code: "wrong-digest" });
}

/** A path as it is given; within it where it is a folder; in the LoRA folder where none is. */
async function placeOf(output: string | undefined, name: string, loraFolder: string): Promise<string> {
  if (output === undefined) return join(loraFolder, name);
  const isFolder = output.endsWith("/") || (await stat(output).catch(() => null))?.isDirectory();
  return isFolder ? resolve(output, name) : resolve(output);
}
