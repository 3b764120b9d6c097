import {
  type AgentJob,
  AgentManifest,
  type BackendContext,
  type Digest,
  PermanentError,
  type Recipe,
  type Stores,
  samplesOfJob,
  type TrainingSample,
} from "@loramill/contracts";
import { readObject } from "../object-bytes.ts";
import { COMMITTED, MAX_MANIFEST_BYTES, readSavedFile } from "./agent-checkpoints.ts";
import { MAX_TOLD_SAMPLES } from "./agent-record.ts";

const MEDIA_TYPES: Readonly<Record<string, string>> = { jpg: "image/jpeg", webp: "image/webp" };

/** Pictures that were not told yet. An agent names all of its rounds again when it has ended. */
export async function newSamples(
  uploads: AgentJob["uploads"],
  told: readonly string[],
  of: { readonly recipe: Recipe; readonly lineage: Digest },
  stores: Stores,
  context: BackendContext,
): Promise<{ toldSamples: string[]; samples: TrainingSample[] }> {
  const folder = samplesOfJob(context.job);
  const rounds = uploads
    .filter(({ kind, prefix }) => kind === "samples" && prefix.startsWith(folder))
    .map(({ prefix }) => prefix.slice(folder.length))
    .filter((round) => !told.includes(round));
  const samples: TrainingSample[] = [];
  for (const round of rounds) samples.push(...(await readSamples(`${folder}${round}`, of, stores, context)));
  return { toldSamples: [...told, ...rounds].slice(-MAX_TOLD_SAMPLES), samples };
}

/** The pictures of one round as blobs. Their names sort as the recipe's prompts; one whose bytes are damaged is left out. */
async function readSamples(
  prefix: string,
  { recipe, lineage }: { readonly recipe: Recipe; readonly lineage: Digest },
  { objects, blobs }: Stores,
  context: BackendContext,
): Promise<TrainingSample[]> {
  const bytes = await readObject(objects, `${prefix}${COMMITTED}`, { maxBytes: MAX_MANIFEST_BYTES });
  const manifest = AgentManifest.safeParse(bytes === null ? null : JSON.parse(new TextDecoder().decode(bytes))).data;
  if (manifest?.kind !== "samples" || manifest.lineage !== lineage) return [];
  const samples: TrainingSample[] = [];
  for (const [index, file] of [...manifest.files].sort((a, b) => (a.name < b.name ? -1 : 1)).entries()) {
    const mediaType = MEDIA_TYPES[file.name.split(".").at(-1) ?? ""] ?? "image/png";
    const facts = { step: manifest.step, index, prompt: recipe.samplePrompts[index] ?? null };
    if (await blobs.has(file.sha256)) {
      samples.push({ ...facts, image: { sha256: file.sha256, bytes: file.bytes, mediaType } });
      continue;
    }
    try {
      const body = await readSavedFile(objects, file, context.signal);
      samples.push({ ...facts, image: await blobs.put(body, { mediaType, signal: context.signal }) });
    } catch (error) {
      // A LoRA can do without a picture of the way.
      if (!(error instanceof PermanentError) || error.code !== "checkpoint-corrupt") throw error;
      context.onLog(error.message);
    }
  }
  return samples;
}

/** All pictures of a training; of a step that was done twice, those of the later epoch. */
export async function readAllSamples(
  of: { readonly recipe: Recipe; readonly lineage: Digest },
  stores: Stores,
  context: BackendContext,
): Promise<TrainingSample[]> {
  const rounds = new Map<number, { epoch: number; prefix: string }>();
  const folder = samplesOfJob(context.job);
  for await (const { key } of stores.objects.list(folder)) {
    const [epochName, stepName, name] = key.slice(folder.length).split("/");
    const [epoch, step] = [Number(epochName), Number(stepName)];
    if (name !== COMMITTED || (rounds.get(step)?.epoch ?? -1) > epoch) continue;
    rounds.set(step, { epoch, prefix: key.slice(0, -COMMITTED.length) });
  }
  const samples: TrainingSample[] = [];
  for (const [, { prefix }] of [...rounds].sort(([a], [b]) => a - b)) {
    samples.push(...(await readSamples(prefix, of, stores, context)));
  }
  return samples;
}
