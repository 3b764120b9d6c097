import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { BundlePart, formatMicroUsd, type ImportAnswer, UserError } from "@loramill/contracts";
import type { BundleDownload, Client } from "@loramill/sdk";
import { compressFor, readDecompressed } from "../compression.ts";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatBytes, formatTable } from "../format.ts";
import { createProgressLine } from "../progress-line.ts";
import { resolveRun } from "../resolve-run.ts";
import { refuseExisting, writeWhole } from "../write-whole.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

export interface ExportBundleOptions {
  readonly output?: string;
  readonly without?: readonly string[];
  readonly force?: boolean;
}

export interface ImportBundleOptions {
  readonly project?: string;
  /** `--no-reuse`. */
  readonly reuse: boolean;
}

/** A run that has ended, as one file. */
export function exportRunCommand(run: string, options: ExportBundleOptions, context: CommandContext): Promise<number> {
  return saveBundle(options, context, async (client, more) => {
    const id = await resolveRun(client, run);
    const { name } = await client.getRun(id);
    return { name, download: await client.bundles.exportRun(id, more) };
  });
}

/** The state of a project, as one file. */
export function saveProjectCommand(
  project: string,
  options: ExportBundleOptions,
  context: CommandContext,
): Promise<number> {
  return saveBundle(options, context, async (client, more) => ({
    name: `${project}-project`,
    download: await client.bundles.exportProject(project, more),
  }));
}

type Wanted = { readonly without: BundlePart[]; readonly signal: AbortSignal };

async function saveBundle(
  { output, without = [], force = false }: ExportBundleOptions,
  context: CommandContext,
  open: (client: Client, wanted: Wanted) => Promise<{ readonly name: string; readonly download: BundleDownload }>,
): Promise<number> {
  const parts = without.flatMap((text) => text.split(",")).map(partOf);
  if (output !== undefined) await refuseExisting(resolve(output), force);
  return withConnection(context, async ({ client }) => {
    const { signal } = context.interrupts;
    const { name, download } = await open(client, { without: parts, signal });
    const { bytes, bundle, body } = download;
    const file = resolve(output ?? `${name.replace(/[^\p{L}\p{N}._-]+/gu, "_")}.loramill.tar`);
    if (output === undefined) await refuseExisting(file, force);
    if (!context.json)
      context.err.write(`${formatBytes(bytes)}${parts.length > 0 ? `, without ${parts.join(", ")}` : ""}\n`);
    const progress = createProgressLine(context.err);
    try {
      const whole = counted(body, bytes, (read) => progress.show(file, read, bytes));
      await writeWhole(file, compressFor(file, whole), { signal });
    } finally {
      progress.end();
    }
    if (context.json) printJson(context, { file, bundle, bytes: (await stat(file)).size, without: parts });
    else printLine(context, file);
    return exitCodes.ok;
  });
}

/** Passes the bytes on, and throws where fewer come than were announced: a file of that would be no bundle. */
async function* counted(
  body: AsyncIterable<Uint8Array>,
  bytes: number,
  onBytes: (read: number) => void,
): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const chunk of body) {
    read += chunk.length;
    onBytes(read);
    yield chunk;
  }
  if (read === bytes) return;
  throw new UserError(`only ${read} of ${bytes} bytes came: export it again`, { code: "cut-off" });
}

/** The bundle of a run or of a project, into this mill. */
export async function importBundleCommand(
  file: string,
  { project, reuse }: ImportBundleOptions,
  context: CommandContext,
): Promise<number> {
  const path = resolve(file);
  const chunks = await readDecompressed(path);
  const { size } = await stat(path);
  return withConnection(context, async ({ client }) => {
    const { signal } = context.interrupts;
    const progress = createProgressLine(context.err);
    let sent = 0;
    const shown = async function* () {
      for await (const chunk of chunks) {
        sent += chunk.length;
        progress.show(path, Math.min(sent, size), size);
        yield chunk;
      }
    };
    try {
      const body = Readable.toWeb(Readable.from(shown(), { objectMode: false })) as ReadableStream<Uint8Array>;
      const answer = await client.bundles.import(body, { project, reuse, signal });
      progress.end();
      if (context.json) printJson(context, answer);
      else await printAnswer(answer, client, context);
    } finally {
      progress.end();
    }
    return exitCodes.ok;
  });
}

async function printAnswer(answer: ImportAnswer, client: Client, context: CommandContext): Promise<void> {
  const { kind, name, run, isNew, documents, blobs, loras, datasets, recipes, steps } = answer;
  const what = kind === "run" ? `the run ${name}, here ${run}` : `the state of the project ${name}`;
  printLine(context, isNew ? `imported ${what}` : `${what}: all of it was here, nothing was changed`);
  const rows = Object.entries({ blobs, documents, loras, datasets, recipes })
    .filter(([, { added, there }]) => added + there > 0)
    .map(([label, { added, there }]) => [label, `${added}`, `${there}`]);
  printLine(context, formatTable(["", "added", "there before"], rows));
  if (run !== null) {
    const { imported } = await client.getRun(run);
    const elsewhere = formatMicroUsd(imported?.paidElsewhereMicroUsd ?? 0);
    printLine(context, `\npaid elsewhere: ${elsewhere}, as the bundle says; nothing was charged here\n`);
    printLine(
      context,
      formatTable(
        ["step", "reused here", "why"],
        steps.map(({ step, reusable, reason }) => [step, reusable ? "yes" : "no", reason]),
      ),
    );
    if (steps.some(({ reusable }) => reusable)) printLine(context, `\n${TRUST}`);
  }
  for (const warning of answer.warnings) context.err.write(`warning: ${warning}\n`);
}

const TRUST =
  "Runs of this project now take these results as done. Nobody here has done the work: import with --no-reuse what you do not trust.";

function partOf(text: string): BundlePart {
  const part = BundlePart.safeParse(text);
  if (part.success) return part.data;
  throw new UserError(`--without ${text}: choose of ${BundlePart.options.join(", ")}`, { code: "bad-option" });
}
