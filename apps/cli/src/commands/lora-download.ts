import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type LoraRole, loraFileName, UserError } from "@loramill/contracts";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatBytes } from "../format.ts";
import { writeWhole } from "../write-whole.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";
import type { InProject } from "./lora.ts";

/** Saves the files of a LoRA, each whole and checked or not at all. */
export async function loraDownloadCommand(
  lora: string,
  options: InProject & { readonly output?: string },
  context: CommandContext,
): Promise<number> {
  const { output, ...where } = options;
  const { signal } = context.interrupts;
  return withConnection(context, async ({ client }) => {
    const saved: { role: LoraRole; file: string; bytes: number; sha256: string }[] = [];
    for (const { name, role, bytes, sha256, open } of await client.loras.download(lora, { ...where, signal })) {
      const file = await placeOf(output, { name, role }, context.config.loraOutputDir);
      await writeWhole(file, checked(await open(), { name, sha256 }), { signal });
      saved.push({ role, file, bytes, sha256 });
      if (!context.json) printLine(context, `${file}  ${formatBytes(bytes)}`);
    }
    const [first] = saved;
    if (context.json && first !== undefined) {
      const { role: _, ...facts } = first;
      printJson(context, { ...facts, files: saved });
    }
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

/** A path as it is given, with what tells a pair's files apart; within it where it is a folder; in the LoRA folder where none is. */
async function placeOf(
  output: string | undefined,
  { name, role }: { readonly name: string; readonly role: LoraRole },
  loraFolder: string,
): Promise<string> {
  if (output === undefined) return join(loraFolder, name);
  const isFolder = output.endsWith("/") || (await stat(output).catch(() => null))?.isDirectory();
  if (isFolder) return resolve(output, name);
  return resolve(role === "both" ? output : loraFileName(output.replace(/\.safetensors$/i, ""), role));
}
