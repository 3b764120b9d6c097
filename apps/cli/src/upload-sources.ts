import { openAsBlob } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { type RunSpecInput, UserError } from "@loramill/contracts";
import type { Client, UploadFile } from "@loramill/sdk";
import type { CommandContext } from "./commands/context.ts";
import { hashFile } from "./hash-file.ts";
import { createUploadView, type UploadView } from "./upload-view.ts";

type SourceInput = NonNullable<RunSpecInput["dataset"]>["sources"][number];

/**
 * An API elsewhere cannot read this machine's files: sends what it lacks of them and names the uploads in the spec
 * instead. Folders and archives become sources of their own type; videos and lists keep their settings.
 */
export async function uploadSources(
  spec: RunSpecInput,
  client: Client,
  context: Pick<CommandContext, "json" | "out" | "err" | "interrupts">,
): Promise<RunSpecInput> {
  if (spec.dataset === undefined) return spec;
  const { signal } = context.interrupts;
  const sources: SourceInput[] = [];
  for (const source of spec.dataset.sources) {
    if (!("path" in source) || source.path === undefined) {
      sources.push(source);
      continue;
    }
    const { path, ...settings } = source;
    const view = createUploadView(context.json ? context.err : context.out, basename(path));
    try {
      const files = await filesOf(path, { view, signal });
      const { listing } = await client.upload(files, { signal, onProgress: (progress) => view.sending(progress) });
      view.end(files);
      const isAlone = settings.type === "video" || settings.type === "manifest";
      sources.push(isAlone ? { ...settings, upload: listing } : { type: "upload", listing });
    } finally {
      view.clear();
    }
  }
  return { ...spec, dataset: { ...spec.dataset, sources } };
}

interface Reading {
  readonly view: UploadView;
  readonly signal: AbortSignal;
}

async function filesOf(path: string, reading: Reading): Promise<UploadFile[]> {
  const stats = await stat(path).catch((error: unknown) => {
    throw new UserError(`${path} cannot be read: ${error instanceof Error ? error.message : error}`, {
      code: "source-missing",
      cause: error,
    });
  });
  const names = stats.isDirectory() ? await namesIn(path) : [""];
  const files: UploadFile[] = [];
  for (const name of names) {
    const at = join(path, name);
    files.push({
      path: name || basename(path),
      sha256: await hashFile(at, reading.signal),
      body: await openAsBlob(at),
    });
    reading.view.reading(files.length, names.length);
  }
  return files;
}

/** Paths below a folder, with forward slashes; hidden files and folders are none of a dataset's. */
async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((name) => !name.split("/").some((part) => part.startsWith(".")))
    .sort();
}
