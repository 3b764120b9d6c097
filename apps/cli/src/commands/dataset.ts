import { createWriteStream } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DatasetLayout, type DatasetView, UserError } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { withConnection } from "../connect.ts";
import { type ImportOptions, specOfSources } from "../dataset-spec.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatTable, shortTime } from "../format.ts";
import { listImages } from "../list-images.ts";
import { resolveRun } from "../resolve-run.ts";
import { unpackTar } from "../unpack-tar.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";
import { runSpec, type SaveOptions } from "./run.ts";

export function importCommand(
  sources: readonly string[],
  options: ImportOptions & SaveOptions & { readonly detach?: boolean },
  context: CommandContext,
): Promise<number> {
  return runSpec(specOfSources(sources, options), options, context);
}

export async function listCommand(options: { name?: string }, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const { items } = await client.datasets.list(options);
    if (context.json) printJson(context, items);
    else if (items.length === 0) printLine(context, "no datasets yet; make one with `loramill dataset import FOLDER`");
    else {
      const rows = items.map((one) => [
        one.name,
        `${one.version}`,
        `${one.images}`,
        shortTime(one.createdAt),
        one.run ?? "derived",
        one.digest.slice(0, 12),
      ]);
      printLine(context, formatTable(["dataset", "version", "images", "created (UTC)", "made by", "digest"], rows));
    }
    return exitCodes.ok;
  });
}

export async function inspectCommand(
  dataset: string,
  options: { images?: boolean },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const view = await client.datasets.get(dataset);
    const images = options.images ? await listImages(client, dataset) : null;
    if (context.json) printJson(context, images === null ? view : { ...view, images });
    else {
      printView(view, context);
      if (images !== null) {
        const rows = images.map(({ path, width, height, repeats, quality, caption }) => [
          path,
          `${width}x${height}`,
          `${repeats}`,
          quality.sharpness.toFixed(2),
          caption ?? "",
        ]);
        printLine(context, `\n${formatTable(["picture", "size", "repeats", "sharpness", "caption"], rows)}`);
      }
    }
    return exitCodes.ok;
  });
}

/** Gates as they were judged; 1 when one of them blocks. */
export async function validateCommand(dataset: string, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const view = await client.datasets.get(dataset);
    const blocked = view.gates.filter(({ verdict }) => verdict === "block");
    if (context.json) printJson(context, { digest: view.digest, gates: view.gates, valid: blocked.length === 0 });
    else {
      for (const { gate, verdict, message } of view.gates)
        printLine(context, `${verdict.padEnd(5)} ${gate}: ${message}`);
      if (view.gates.length === 0) printLine(context, "a derived version is judged when a run trains on it");
    }
    return blocked.length === 0 ? exitCodes.ok : exitCodes.failed;
  });
}

export async function diffCommand(before: string, after: string, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const diff = await client.datasets.diff(before, after);
    if (context.json) {
      printJson(context, diff);
      return exitCodes.ok;
    }
    for (const { path } of diff.added) printLine(context, `+ ${path}`);
    for (const { path } of diff.removed) printLine(context, `- ${path}`);
    for (const { from, to } of diff.moved) printLine(context, `> ${from} → ${to}`);
    for (const { path } of diff.replaced) printLine(context, `! ${path}: another picture`);
    for (const { path, before: was, after: is } of diff.recaptioned) {
      printLine(context, `~ ${path}: "${was ?? ""}" → "${is ?? ""}"`);
    }
    for (const { path } of diff.reprepared) printLine(context, `~ ${path}: prepared otherwise`);
    for (const { path, before: was, after: is } of diff.reweighted) {
      printLine(context, `~ ${path}: ${was} → ${is} repeats`);
    }
    printLine(context, `${diff.same} pictures are the same`);
    return exitCodes.ok;
  });
}

export async function overlapsCommand(
  dataset: string,
  options: { with?: string; distance?: number },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const { with: other, distance: nearDistance } = options;
    const { compared, items } = await client.datasets.overlaps(dataset, {
      ...(other === undefined ? {} : { with: other }),
      ...(nearDistance === undefined ? {} : { nearDistance }),
    });
    if (context.json) printJson(context, { compared, items });
    else {
      const rows = items.map(({ path, dataset: name, like, isSame, distance, mirrored }) => [
        path,
        `${name}:${like}`,
        isSame ? "the same file" : `${mirrored ? "mirrored, " : ""}${distance} of 64 bits differ`,
      ]);
      if (rows.length > 0) printLine(context, `${formatTable(["picture", "is like", "how"], rows)}\n`);
      printLine(context, `${items.length} overlaps with ${compared} other dataset${compared === 1 ? "" : "s"}`);
    }
    return exitCodes.ok;
  });
}

export interface DeriveOptions {
  readonly name?: string;
  readonly drop?: readonly string[];
  readonly caption?: readonly string[];
  readonly repeat?: readonly string[];
  readonly add?: readonly string[];
}

export async function deriveCommand(dataset: string, options: DeriveOptions, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const captions = (options.caption ?? []).map((text) => pair(text, "--caption"));
    const repeats = (options.repeat ?? []).map((text) => pair(text, "--repeat"));
    const view = await client.datasets.derive(dataset, {
      ...(options.name ? { name: options.name } : {}),
      drop: [...(options.drop ?? [])],
      captions: Object.fromEntries(captions.map(([path, text]) => [path, text === "" ? null : text])),
      repeats: Object.fromEntries(repeats.map(([path, count]) => [path, Number(count)])),
      add: [...(options.add ?? [])],
    });
    if (context.json) printJson(context, view);
    else printView(view, context);
    return exitCodes.ok;
  });
}

export interface ExportOptions {
  readonly layout: string;
  readonly output?: string;
  readonly run?: string;
  readonly class?: string;
  readonly resolution?: number;
}

/** Into a folder, or into a .zip or .tar where the output is named so. */
export async function exportCommand(dataset: string, options: ExportOptions, context: CommandContext): Promise<number> {
  const layout = DatasetLayout.safeParse(options.layout);
  if (!layout.success) {
    throw new UserError(`--layout ${options.layout}: choose one of ${DatasetLayout.options.join(", ")}`, {
      code: "bad-option",
    });
  }
  return withConnection(context, async ({ client }) => {
    const { name } = await client.datasets.get(dataset);
    const output = resolve(options.output ?? `${name}-${layout.data}`);
    const archive = /\.zip$/i.test(output) ? "zip" : "tar";
    const isArchive = /\.(?:zip|tar)$/i.test(output);
    if (!isArchive) await refuseFullFolder(output);
    const captions = options.run === undefined ? undefined : await captionsOf(client, options.run);
    const { body, warnings, readBy } = await client.datasets.export(
      dataset,
      {
        layout: layout.data,
        archive,
        ...(captions === undefined ? {} : { captions }),
        ...(options.class ? { className: options.class } : {}),
        ...(options.resolution === undefined ? {} : { resolution: options.resolution }),
      },
      context.interrupts.signal,
    );
    await mkdir(isArchive ? dirname(output) : output, { recursive: true });
    const files = isArchive ? null : await unpackTar(body, output);
    if (isArchive) await pipeline(Readable.fromWeb(body as never), createWriteStream(output));
    if (context.json) printJson(context, { output, layout: layout.data, files, warnings, readBy });
    else {
      printLine(context, `${output}${files === null ? "" : ` (${files} files)`}`);
      printLine(context, `read by ${readBy}`);
      for (const warning of warnings) context.err.write(`warning: ${warning}\n`);
    }
    return exitCodes.ok;
  });
}

/** The page of the run that made the dataset. */
export async function reportCommand(
  run: string,
  options: { output?: string },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const { items } = await client.listArtifacts(await resolveRun(client, run));
    const report = items.find(({ kind }) => kind === "dataset-report");
    if (report === undefined) throw new UserError(`${run} has made no dataset`, { code: "no-report" });
    const output = resolve(options.output ?? "dataset-report.html");
    await writeFile(output, await client.download(report.url));
    if (context.json) printJson(context, { output });
    else printLine(context, output);
    return exitCodes.ok;
  });
}

async function captionsOf(client: Client, run: string): Promise<string> {
  const { steps, id } = await client.getRun(await resolveRun(client, run));
  const output = steps.find(({ kind }) => kind === "caption")?.output;
  if (output) return output;
  throw new UserError(`${id} has no captions: it has no caption step, or that has not succeeded`, {
    code: "no-captions",
  });
}

async function refuseFullFolder(folder: string): Promise<void> {
  const present = await readdir(folder).catch(() => []);
  if (present.length === 0) return;
  throw new UserError(`${folder} is not empty: name another folder, or a file ending in .zip or .tar`, {
    code: "output-exists",
  });
}

function printView(
  { name, digest, statistics, dropped, refused, content, parent, gates }: DatasetView,
  context: CommandContext,
): void {
  const { kept, captions, sizes, formats, shownPerEpoch, stepsPerEpoch, unique, duplicateGroups, sharpness } =
    statistics;
  const counted = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .slice(0, 8)
      .map(([label, count]) => `${label} (${count})`)
      .join(", ");
  const facts = [
    ["digest", digest],
    ["content", content ?? "unknown"],
    ...(parent === null ? [] : [["derived from", parent]]),
    ["pictures", `${kept} kept, ${dropped} left out, ${refused} refused`],
    ["an epoch shows", `${shownPerEpoch ?? kept}`],
    ...(stepsPerEpoch === undefined ? [] : [["steps per epoch", atBatchSizes(stepsPerEpoch)]]),
    ["captions", `${captions.existing} (${Math.round(100 * captions.coverage)} %)`],
    ["sizes", counted(sizes)],
    ["formats", counted(formats)],
    ...(sharpness === undefined
      ? []
      : [["sharpness", `median ${sharpness.median}, from ${sharpness.p5} to ${sharpness.p95} (90 %)`]]),
    ...(unique === undefined ? [] : [["different", `${unique.files} files, ${unique.pixels} pictures`]]),
    ...(duplicateGroups ? [["duplicates", `${duplicateGroups} groups, of each one was kept`]] : []),
    ...gates.filter(({ verdict }) => verdict !== "pass").map(({ verdict, message }) => [verdict, message]),
  ];
  printLine(context, name);
  for (const [label = "", text = ""] of facts) printLine(context, `  ${label.padEnd(15)} ${text}`);
}

/** Batches never mix sizes, so a few small sizes cost steps of their own. */
function atBatchSizes(steps: Readonly<Record<string, number>>): string {
  return Object.entries(steps)
    .map(([batch, count]) => `${count} at batch ${batch}`)
    .join(", ");
}

/** `path=value`; the path may hold `=` only if the value does not. */
function pair(text: string, option: string): [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new UserError(`${option} ${text}: expected PATH=VALUE`, { code: "bad-option" });
}
