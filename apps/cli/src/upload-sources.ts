import { openAsBlob } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import type { RunSpecInput } from "@loramill/contracts";
import type { Client, UploadFile } from "@loramill/sdk";

/** An API elsewhere cannot read this machine's folders: sends their files and names the upload in the spec instead. */
export async function uploadSources(spec: RunSpecInput, client: Client): Promise<RunSpecInput> {
  if (spec.dataset === undefined) return spec;
  const sources = [];
  for (const source of spec.dataset.sources) {
    if (source.type !== "folder" && source.type !== "archive") {
      sources.push(source);
      continue;
    }
    const files = await filesOf(source.path);
    const { listing } = await client.upload(files);
    sources.push({ type: "upload" as const, listing });
  }
  return { ...spec, dataset: { ...spec.dataset, sources } };
}

async function filesOf(path: string): Promise<UploadFile[]> {
  if (!(await stat(path)).isDirectory()) return [{ path: basename(path), body: await openAsBlob(path) }];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((name) => !name.split("/").some((part) => part.startsWith(".")))
    .sort();
  return Promise.all(files.map(async (name) => ({ path: name, body: await openAsBlob(join(path, name)) })));
}
