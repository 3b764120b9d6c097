import { basename, extname } from "node:path";
import { type ArtifactView, LoraDocument, ModelDocument, type RunSpecInput, type RunView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { exitCodes } from "../../exit-codes.ts";
import { formatBytes } from "../../format.ts";
import { createProgressLine } from "../../progress-line.ts";
import { refuseExisting, writeWhole } from "../../write-whole.ts";
import { type CommandContext, printJson, printLine } from "../context.ts";
import { checked } from "../lora-download.ts";
import { checkExtension, type MakeOptions } from "./make-file.ts";
import { withToolRun } from "./tool-run.ts";

/** Has a job work on LoRAs of the library and base models of the API, and saves the file that it makes. */
export async function makeByRun(
  work: Pick<NonNullable<RunSpecInput["lora"]>, "operation" | "from">,
  options: MakeOptions & { readonly project?: string },
  context: CommandContext,
): Promise<number> {
  const { output, force, project } = options;
  checkExtension(output);
  await refuseExisting(output, force);
  const name = options.name ?? basename(output, extname(output));
  return withToolRun(context, {
    start: (client) => client.createRun({ name, lora: work, ...(project === undefined ? {} : { project }) }),
    end: (client, run) => save(client, run, output, context),
  });
}

async function save(client: Client, run: RunView, output: string, context: CommandContext): Promise<number> {
  const { signal } = context.interrupts;
  const { items } = await client.listArtifacts(run.id, { signal });
  const made = items.find(({ kind }) => kind === "lora-weights" || kind === "model-weights");
  if (made === undefined) throw new TypeError(`${run.id} made no file`);
  const { bytes, name, digest: sha256 } = made;
  const size = bytes ?? 0;
  const progress = createProgressLine(context.err);
  try {
    const onBytes = (written: number) => progress.show(`of ${formatBytes(size)}`, written, size);
    await writeWhole(output, checked(await client.openArtifact(made.url, signal), { name, sha256 }), {
      signal,
      onBytes,
    });
  } finally {
    progress.end();
  }
  const notes = await notesOf(client, items, signal);
  const modules = Number(run.steps[0]?.summary.modules ?? 0);
  if (context.json) printJson(context, { output, bytes: size, modules, notes, run: run.id, sha256 });
  else {
    printLine(context, `${output} (${formatBytes(size)}, ${modules} modules)`);
    for (const note of notes) printLine(context, `note: ${note}`);
  }
  return exitCodes.ok;
}

/** What was cut, removed or left out, as the document beside the file says. */
async function notesOf(client: Client, items: readonly ArtifactView[], signal: AbortSignal): Promise<string[]> {
  const document = items.find(({ kind }) => kind === "lora" || kind === "model");
  if (document === undefined) return [];
  const said: unknown = JSON.parse(new TextDecoder().decode(await client.download(document.url, signal)));
  if (document.kind === "model") return ModelDocument.parse(said).notes;
  return LoraDocument.parse(said).deviations.map(({ message }) => message);
}
