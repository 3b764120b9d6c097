import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type ArtifactView, canonicalJson, type RunView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";

export interface SavedOutputs {
  readonly folder: string;
  readonly lora: string | null;
  readonly images: readonly string[];
  readonly files: readonly string[];
}

/** Downloads what a run made: the LoRA file, the pictures with their JSON, the plan and the ledger. */
export async function saveOutputs(options: {
  client: Client;
  run: RunView;
  folder: string;
  loraFolder: string;
  signal?: AbortSignal;
}): Promise<SavedOutputs> {
  const { client, run, folder, loraFolder, signal } = options;
  await mkdir(join(folder, "images"), { recursive: true });
  const { items } = await client.listArtifacts(run.id, signal);
  const files: string[] = [];
  const images: string[] = [];
  let lora: string | null = null;

  const save = async (artifact: ArtifactView, path: string) => {
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(path, await client.download(artifact.url, signal));
    files.push(path);
    return path;
  };
  for (const artifact of items) {
    const name = safeName(artifact.name);
    if (artifact.kind === "lora-weights") lora = await save(artifact, join(loraFolder, name));
    else if (artifact.kind === "image") {
      images.push(await save(artifact, join(folder, "images", name)));
      await writeJson(join(folder, "images", `${name.replace(/\.[^.]+$/, "")}.json`), artifact.metadata);
    } else await save(artifact, join(folder, name));
  }
  await writeFile(join(folder, "plan.lock.json"), `${canonicalJson(await client.getPlan(run.id, signal))}\n`);
  await writeJson(join(folder, "ledger.json"), await client.cost(run.id, signal));
  return { folder, lora, images, files };
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Names come from specs and servers: only the last segment, and nothing a file system trips over. */
function safeName(name: string): string {
  return basename(name.replaceAll("\\", "/")).replace(/[^\p{L}\p{N} ._-]/gu, "_") || "file";
}
