import { mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { expertOf } from "@loramill/lora";
import type { Client } from "@loramill/sdk";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { findLoraFiles } from "../find-lora-files.ts";
import { formatBytes, formatTable } from "../format.ts";
import { hashFile } from "../hash-file.ts";
import { type LoraFileLook, lookAtLoraFile } from "../look-at-lora-file.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

/** Files that one question to the library names. */
const FILES_PER_QUESTION = 500;

type Look = LoraFileLook & { readonly file: string };
type ReadableLook = Extract<LoraFileLook, { readonly isReadable: true }>;

/** What lies in the configured LoRA folder, and which of it the library holds. */
export async function loraStatusCommand(
  options: { readonly project?: string; readonly offline?: boolean },
  context: CommandContext,
): Promise<number> {
  const folder = context.config.loraOutputDir;
  const created = (await mkdir(folder, { recursive: true })) !== undefined;
  const looks: Look[] = [];
  const found = await findLoraFiles(folder);
  for (const file of found) {
    context.interrupts.signal.throwIfAborted();
    const look = await lookAtLoraFile(join(folder, file), context.config.loraWarnBytes);
    looks.push({ file, ...(look.isReadable ? withMissingHalf(file, look, found) : look) });
  }
  const readable = looks.filter((look) => look.isReadable);
  const unreadable = looks.filter((look) => !look.isReadable);
  const ask = async () => {
    if (options.offline) return null;
    const hashes = new Map<string, string>();
    for (const { file } of readable) hashes.set(file, await hashFile(join(folder, file), context.interrupts.signal));
    return withConnection(context, ({ client }) => findKnown(client, hashes, options.project));
  };
  const known = readable.length === 0 ? new Map<string, string>() : await ask();
  const files = readable.map(({ isReadable: _, ...look }) => ({
    ...look,
    library: known === null ? null : (known.get(look.file) ?? ""),
  }));
  if (context.json) {
    printJson(context, {
      folder,
      created,
      asked: known !== null,
      files: files.map(({ library, ...look }) => ({ ...look, lora: library || null })),
      unreadable: unreadable.map(({ isReadable: _, ...look }) => look),
    });
    return exitCodes.ok;
  }
  printLine(context, `LoRA folder  ${folder}${created ? " (made just now)" : ""}`);
  if (looks.length === 0) {
    printLine(context, "no LoRA files there yet; `loramill run` and `loramill lora download` put them there");
    return exitCodes.ok;
  }
  if (files.length > 0) {
    const rows = files.map(({ file, bytes, family, rank, triggerWords, library }) => [
      file,
      formatBytes(bytes),
      family ?? "unknown",
      `${rank ?? ""}`,
      triggerWords.slice(0, 3).join(", "),
      library === null ? "not asked" : library || "no",
    ]);
    printLine(context, `\n${formatTable(["file", "size", "family", "rank", "trigger words", "in the library"], rows)}`);
  }
  for (const { file, warnings } of files) {
    for (const warning of warnings) printLine(context, `\n${file}: ${warning}`);
  }
  if (unreadable.length > 0) printLine(context, "\ncannot be read:");
  for (const { file, message, advice } of unreadable) printLine(context, `  ${file}: ${message}\n    ${advice}`);
  const missing = files.filter(({ library }) => library === "").length;
  const total = looks.reduce((sum, { bytes }) => sum + bytes, 0);
  printLine(context, `\n${files.length} LoRAs, ${unreadable.length} unreadable files, ${formatBytes(total)}`);
  if (missing > 0) printLine(context, `${missing} not in the library: \`loramill lora import ${folder}\` adds them`);
  return exitCodes.ok;
}

/** Half of a pair for high and for low noise without the other beside it draws otherwise than it was trained. */
function withMissingHalf(file: string, look: ReadableLook, found: readonly string[]): ReadableLook {
  const pair = look.family === null ? null : expertOf({ family: look.family, variant: look.variant }, basename(file));
  if (pair === null || found.includes(join(dirname(file), pair.partner))) return look;
  return { ...look, warnings: [...look.warnings, `it is for ${pair.noise} noise, and ${pair.partner} is not there`] };
}

/** What the library calls each file that it holds. */
async function findKnown(
  client: Client,
  hashes: ReadonlyMap<string, string>,
  project: string | undefined,
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const wanted = [...new Set(hashes.values())];
  for (let from = 0; from < wanted.length; from += FILES_PER_QUESTION) {
    const { items } = await client.loras.known(wanted.slice(from, from + FILES_PER_QUESTION), { project });
    for (const { sha256, name, version } of items) names.set(sha256, `${name}@${version}`);
  }
  const known = [...hashes].flatMap(([file, sha256]) => {
    const name = names.get(sha256);
    return name === undefined ? [] : [[file, name] as const];
  });
  return new Map(known);
}
