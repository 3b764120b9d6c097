import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  type ArtifactView,
  CaptionPart,
  canonicalJson,
  LoraDocument,
  type RefusedItem,
  type RunView,
} from "@loramill/contracts";
import { lossCsv, tensorboardEvents } from "@loramill/lora";
import type { Client } from "@loramill/sdk";
import { writeWhole } from "./write-whole.ts";

export interface SavedOutputs {
  readonly folder: string;
  /** Where the LoRA lies: one file, or one for each expert that it changes. */
  readonly lora: readonly string[];
  readonly images: readonly string[];
  readonly clips: readonly string[];
  /** The labelled sheet of all pictures; null when none was asked for. */
  readonly sheet: string | null;
  /** What the run will not make, each with the reason; all of it is in `refused.json` too. */
  readonly refused: readonly RefusedItem[];
  /** The page that says what is in the dataset and what was left out; null when no dataset was made. */
  readonly report: string | null;
  /** Folder of the prepared pictures and their captions, when they were asked for. */
  readonly dataset: string | null;
  readonly files: readonly string[];
}

/**
 * Downloads what a run made, also one that did not come to its end: the LoRA file with the curve and samples of its training,
 * the pictures and clips with their JSON, the dataset's report, the plan and the ledger.
 */
export async function saveOutputs(options: {
  client: Client;
  run: RunView;
  folder: string;
  loraFolder: string;
  /** Where the prepared pictures and their captions go, as `name.png` and `name.txt`; null: not saved. */
  datasetFolder: string | null;
  signal?: AbortSignal;
}): Promise<SavedOutputs> {
  const { client, run, folder, loraFolder, datasetFolder, signal } = options;
  await mkdir(folder, { recursive: true });
  const { items, refused } = await client.listArtifacts(run.id, {
    datasetImages: datasetFolder !== null,
    ...(signal ? { signal } : {}),
  });
  const files: string[] = [];
  const images: string[] = [];
  const clips: string[] = [];
  const lora: string[] = [];
  let sheet: string | null = null;
  let report: string | null = null;

  const save = async (artifact: ArtifactView, path: string) => {
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(path, await client.download(artifact.url, signal));
    files.push(path);
    return path;
  };
  /** The file, and beside it all that is known of it. */
  const saveWithRecord = async (artifact: ArtifactView, path: string) => {
    await writeWhole(path, await client.openArtifact(artifact.url, signal), signal ? { signal } : {});
    files.push(path);
    await writeJson(`${path.replace(/\.[^./]+$/, "")}.json`, artifact.metadata);
    return path;
  };
  for (const artifact of items) {
    const name = safeName(artifact.name);
    if (artifact.kind === "lora") await saveCurve(await save(artifact, join(folder, name)), folder);
    else if (artifact.kind === "lora-weights") lora.push(await save(artifact, join(loraFolder, name)));
    else if (artifact.kind === "image") images.push(await saveWithRecord(artifact, join(folder, "images", name)));
    else if (artifact.kind === "clip") clips.push(await saveWithRecord(artifact, join(folder, "clips", name)));
    else if (artifact.kind === "contact-sheet") sheet = await save(artifact, join(folder, name));
    else if (artifact.kind === "dataset-image") {
      await save(artifact, join(datasetFolder ?? folder, pictureName(artifact)));
    } else if (artifact.kind === "training-sample") {
      await save(artifact, join(folder, "training", safeName(String(artifact.metadata.lora)), "samples", name));
    } else if (artifact.kind === "model-weights") {
      const path = join(folder, name);
      await writeWhole(path, await client.openArtifact(artifact.url, signal), signal ? { signal } : {});
      files.push(path);
    } else if (artifact.kind === "dataset-report") report = await save(artifact, join(folder, name));
    else await save(artifact, join(folder, name));
  }
  if (datasetFolder !== null) await writeCaptions(client, items, datasetFolder);
  await writeFile(join(folder, "plan.lock.json"), `${canonicalJson(await client.getPlan(run.id, signal))}\n`);
  await writeJson(join(folder, "ledger.json"), await client.cost(run.id, signal));
  if (refused.length > 0) await writeJson(join(folder, "refused.json"), refused);
  return { folder, lora, images, clips, sheet, refused, report, dataset: datasetFolder, files };
}

/** The losses of a LoRA's document as a table, and as the event file that TensorBoard looks for in a folder. */
async function saveCurve(document: string, folder: string): Promise<void> {
  const { name, curve, computeSeconds } = LoraDocument.parse(JSON.parse(await readFile(document, "utf8")));
  const to = join(folder, "training", safeName(name));
  await mkdir(to, { recursive: true });
  await writeFile(join(to, "loss.csv"), lossCsv(curve));
  await writeFile(join(to, "events.out.tfevents.0.loramill"), tensorboardEvents(curve, { seconds: computeSeconds }));
}

/** Prepared pictures have their own format; folders of the source become part of the name, so that none collide. */
function pictureName({ name, mediaType }: ArtifactView): string {
  return `${safeName(name.replaceAll("/", "__").replace(/\.[^.]+$/, ""))}.${mediaType.split("/")[1] ?? "png"}`;
}

/** `name.txt` beside `name.png`, as every trainer reads them. */
async function writeCaptions(client: Client, items: readonly ArtifactView[], folder: string): Promise<void> {
  const pictures = new Map(
    items.filter(({ kind }) => kind === "dataset-image").map((item) => [item.metadata.original, item]),
  );
  for (const part of items.filter(({ kind }) => kind === "captions")) {
    const { captions } = CaptionPart.parse(JSON.parse(new TextDecoder().decode(await client.download(part.url))));
    for (const { image, text } of captions) {
      const picture = pictures.get(image);
      if (picture) await writeFile(join(folder, pictureName(picture).replace(/\.[^.]+$/, ".txt")), `${text}\n`);
    }
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Names come from specs and servers: only the last segment, and nothing a file system trips over. */
function safeName(name: string): string {
  return basename(name.replaceAll("\\", "/")).replace(/[^\p{L}\p{N} ._-]/gu, "_") || "file";
}
