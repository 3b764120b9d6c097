import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { mapInputFiles, type RunSpecInput, UserError } from "@loramill/contracts";
import type { Client, UploadFile } from "@loramill/sdk";
import type { CommandContext } from "./commands/context.ts";
import { hashFile } from "./hash-file.ts";
import { isPath } from "./read-spec-file.ts";
import { createUploadView } from "./upload-view.ts";

/**
 * Sends the pictures, clips and sounds of this machine that a spec's generations take, as far as the store lacks them, and
 * names them by their content instead. A mill of this machine gets them as well: a plan is made of contents, not of paths.
 */
export async function uploadInputFiles(
  spec: RunSpecInput,
  client: Client,
  context: Pick<CommandContext, "json" | "out" | "err" | "interrupts">,
): Promise<RunSpecInput> {
  if (spec.generate === undefined) return spec;
  const paths = new Set<string>();
  mapInputFiles(spec.generate, (file) => {
    if (isPath(file)) paths.add(file);
    return file;
  });
  if (paths.size === 0) return spec;
  const { signal } = context.interrupts;
  const view = createUploadView(context.json ? context.err : context.out, "inputs");
  const stored = new Map<string, string>();
  try {
    const files: UploadFile[] = [];
    for (const path of paths) {
      const file = await openInput(path, files.length, signal);
      files.push(file);
      stored.set(path, `sha256:${file.sha256}`);
      view.reading(files.length, paths.size);
    }
    await client.upload(files, { signal, onProgress: (progress) => view.sending(progress) });
    view.end(files);
  } finally {
    view.clear();
  }
  return { ...spec, generate: mapInputFiles(spec.generate, (file) => stored.get(file) ?? file) };
}

async function openInput(path: string, nth: number, signal: AbortSignal): Promise<UploadFile> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) {
    throw new UserError(`generate.request: there is no file ${path}`, { code: "input-missing" });
  }
  // Two folders may have files of one name.
  return { path: `${nth}/${basename(path)}`, sha256: await hashFile(path, signal), body: await openAsBlob(path) };
}
