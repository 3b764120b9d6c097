import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import {
  type ModelBodyInput,
  ModelFamily,
  type ModelVerifyProgress,
  type ModelView,
  UserError,
} from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatTable } from "../format.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

/** Base models: written down, fetched into the store, looked after. */

export interface AddModelOptions {
  readonly family: string;
  readonly file: readonly string[];
  readonly url?: string;
  readonly folder?: string;
  readonly revision?: string;
  readonly pull?: boolean;
}

const POLL_MS = 500;

export async function addModelCommand(id: string, options: AddModelOptions, context: CommandContext): Promise<number> {
  const body = bodyOf(id, options);
  return withConnection(context, async ({ client }) => {
    const model = await client.models.save(id, body);
    if (options.pull) return pull(client, id, context);
    if (context.json) printJson(context, model);
    else printLine(context, `wrote down ${model.id}; \`loramill models pull ${model.id}\` fetches its files`);
    return exitCodes.ok;
  });
}

export async function listModelsCommand(context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const { items } = await client.models.list();
    if (context.json) printJson(context, items);
    else if (items.length === 0) printLine(context, "none yet; `loramill models add --help` shows how");
    else {
      const rows = items.map((model) => [
        model.id,
        model.family,
        presence(model),
        gigabytes(model.files.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)),
        gigabytes(model.vramBytes),
        model.licence === null ? "unknown" : `${model.licence.name}${model.licence.gated ? " (gated)" : ""}`,
      ]);
      printLine(context, formatTable(["model", "family", "files in the store", "size", "VRAM", "licence"], rows));
    }
    return exitCodes.ok;
  });
}

export async function showModelCommand(id: string, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    print(await client.models.get(id), context);
    return exitCodes.ok;
  });
}

export async function pullModelCommand(id: string, context: CommandContext): Promise<number> {
  return withConnection(context, ({ client }) => pull(client, id, context));
}

/** Follows a pull to its end. Ctrl-C ends the following, not the pull of an API that goes on running. */
async function pull(client: Client, id: string, context: CommandContext): Promise<number> {
  let model = await client.models.pull(id);
  let shown = "";
  while (model.pull?.state === "running") {
    const line = model.pull.path === "" ? "" : progressLine(model.pull);
    if (!context.json && line !== shown) context.err.write(`${line}\n`);
    shown = line;
    await wait(POLL_MS, undefined, { signal: context.interrupts.signal });
    model = await client.models.get(id);
  }
  const missing = model.files.filter(({ stored }) => !stored).map(({ path }) => path);
  if (missing.length === 0 && model.pull?.state !== "failed") {
    print(model, context);
    return exitCodes.ok;
  }
  // Also where nobody knows of a pull any more: what is not there is not done.
  if (context.json) printJson(context, model);
  const lack = `nobody is pulling ${id}, and ${missing.join(", ")} is not in the store: pull it again`;
  context.err.write(`loramill: ${model.pull?.error ?? lack}\n`);
  return exitCodes.failed;
}

const progressLine = ({ path, done, total }: ModelVerifyProgress): string =>
  `${path} ${gigabytes(done)}${total === null ? "" : ` of ${gigabytes(total)}`}`;

/** 1 when a file is missing or damaged. */
export async function verifyModelCommand(id: string, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    let shown = "";
    const { files } = await client.models.verify(id, {
      signal: context.interrupts.signal,
      onProgress: (progress) => {
        const line = progressLine(progress);
        if (!context.json && line !== shown) context.err.write(`${line}\n`);
        shown = line;
      },
    });
    if (context.json) printJson(context, { id, files });
    else
      printLine(
        context,
        formatTable(
          ["file", "verdict"],
          files.map(({ path, verdict }) => [path, verdict]),
        ),
      );
    return files.every(({ verdict }) => verdict === "right") ? exitCodes.ok : exitCodes.failed;
  });
}

export async function removeModelCommand(id: string, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const model = await client.models.remove(id);
    if (context.json) printJson(context, model);
    else printLine(context, `forgot ${model.id}; ${leftBehind(model)}`);
    return exitCodes.ok;
  });
}

/** Nothing collects them: another model, and LoRAs that were made with this one, may name them. */
function leftBehind({ files }: ModelView): string {
  const stored = files.filter((file) => file.stored);
  if (stored.length === 0) return "it had no files in the store";
  const bytes = stored.reduce((sum, file) => sum + (file.bytes ?? 0), 0);
  const names = stored.map(({ sha256 }) => `  blobs/${sha256}`).join("\n");
  return `what it had in the store stays there (${gigabytes(bytes)}):\n${names}`;
}

function bodyOf(id: string, { family: name, file, url, folder, revision }: AddModelOptions): ModelBodyInput {
  const family = ModelFamily.safeParse(name);
  if (!family.success) {
    throw new UserError(`--family ${name}: choose one of ${ModelFamily.options.join(", ")}`, { code: "bad-option" });
  }
  const files = file.map((text) => {
    const [path = "", sha256] = text.split("@sha256:");
    return { path, ...(sha256 === undefined ? {} : { sha256 }) };
  });
  return { family: family.data, source: sourceOf(id, { url, folder, revision }), files };
}

function sourceOf(
  id: string,
  { url, folder, revision }: { [K in "url" | "folder" | "revision"]: AddModelOptions[K] | undefined },
): ModelBodyInput["source"] {
  if (url !== undefined) return { type: "url", base: url };
  if (folder !== undefined) return { type: "path", folder: resolve(folder) };
  return { type: "hub", repository: id, ...(revision === undefined ? {} : { revision }) };
}

function placeOf(source: ModelView["source"]): string {
  if (source.type === "hub") return `${source.repository} @ ${source.revision}`;
  return source.type === "url" ? source.base : source.folder;
}

function print(model: ModelView, context: CommandContext): void {
  if (context.json) {
    printJson(context, model);
    return;
  }
  const { source, licence } = model;
  printLine(context, `${model.id} (${model.family}), ${presence(model)} files in the store`);
  printLine(context, `  from     ${placeOf(source)}`);
  if (licence !== null) {
    printLine(context, `  licence  ${licence.name}${licence.gated ? ", gated" : ""}: ${licence.page}`);
  }
  printLine(context, `  VRAM     about ${gigabytes(model.vramBytes)} to train with the family's usual recipe\n`);
  const rows = model.files.map(({ path, bytes, sha256, stored }) => [
    path,
    bytes === null ? "?" : gigabytes(bytes),
    stored ? "in the store" : "not fetched",
    sha256 ?? "",
  ]);
  printLine(context, formatTable(["file", "size", "", "SHA-256"], rows));
}

const presence = ({ files }: ModelView): string => `${files.filter(({ stored }) => stored).length} of ${files.length}`;
const gigabytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(bytes < 1024 ** 3 ? 3 : 1)} GB`;
