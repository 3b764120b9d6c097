import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { writeBundle } from "@loramill/bundles";
import type { Catalog } from "@loramill/catalog";
import type { TestServer } from "@loramill/catalog/testing";
import {
  type BlobRef,
  type BundlePart,
  type CatalogRecord,
  type Charge,
  type Digest,
  type JobName,
  jobs,
  type LoraDocument,
  type PlannedStep,
  type ProjectId,
  type RunId,
  type StepKind,
  type Stores,
} from "@loramill/contracts";
import { tensorsSha256 } from "@loramill/lora";
import { stepKey } from "@loramill/orchestration";
import { type OpenedStores, openStores } from "@loramill/storage";
import { pixelsOf, preparedPicture, tinyLora, trialRun } from "@loramill/testkit";
import { exportRun } from "../src/bundles/export-run.ts";
import { importBundle } from "../src/bundles/import-bundle.ts";

/** A catalog and a store, as a mill has them. */
export interface TestMill {
  readonly catalog: Catalog;
  readonly stores: OpenedStores;
  readonly project: ProjectId;
  close(): Promise<void>;
}

export async function openTestMill(server: TestServer): Promise<TestMill> {
  const folder = mkdtempSync(join(tmpdir(), "loramill-bundles-"));
  const [catalog, stores] = await Promise.all([server.open(), openStores({ url: folder, sync: "never" })]);
  const { id: project } = await catalog.projects.ensure("default");
  return {
    ...{ catalog, stores, project },
    async close() {
      await stores.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Done {
  readonly output: Digest;
  readonly records?: CatalogRecord[];
  readonly charges?: Charge[];
}

const gpu: Charge = {
  kind: "training",
  supplier: "agent",
  quantity: 60,
  unit: "gpu-second",
  amountMicroUsd: 41_000,
  note: "",
};
const JOB_OF: Partial<Record<StepKind, JobName>> = {
  source: "index-source",
  prepare: "prepare-images",
  dataset: "assemble-dataset",
  caption: "caption-images",
  train: "train-lora",
  generate: "generate-images",
};

/** A run of two pictures from source to generation, whose steps are done by hand; each test gives it another name. */
export async function makeRun(mill: TestMill, name: string): Promise<RunId> {
  const { catalog, stores, project } = mill;
  const work = await contentOf(name, stores);
  const needs: Readonly<Record<string, readonly string[]>> = {
    ...{ source: [], prepare: ["source"], dataset: ["prepare", "source"], caption: ["dataset"] },
    ...{ train: ["dataset", "caption"], generate: ["train"] },
  };
  const planned = (Object.keys(work) as StepKind[]).map((kind) => ({
    ...{ name: kind, kind, job: JOB_OF[kind] ?? "index-source", needs: [...(needs[kind] ?? [])] },
    ...(kind === "source" ? { external: work.source?.output ?? null } : {}),
  }));
  const run = await catalog.runs.create({ project, ...trialRun(planned, { name }) });
  await catalog.dispatch.moveRun(run, "start", null);
  const [open] = await catalog.dispatch.openRuns([run]);
  const outputs: Record<string, Digest> = {};
  for (const { id, name: step } of open?.steps ?? []) {
    const lock = (await catalog.runs.plan({ run }))?.lock.steps.find((one) => one.name === step) as PlannedStep;
    const inputs = Object.fromEntries(lock.needs.map((need) => [need, outputs[need] ?? ""]));
    const done = work[step] as Done;
    await catalog.dispatch.unblockStep({ run, step: id as never });
    await doStep(catalog, { run, step: id }, { planned: lock, inputs, done });
    outputs[step] = done.output;
  }
  await catalog.dispatch.moveRun(run, "succeed", null);
  return run;
}

async function doStep(
  { dispatch, ledger, pool }: Catalog,
  at: { readonly run: RunId; readonly step: string },
  {
    planned,
    inputs,
    done,
  }: { readonly planned: PlannedStep; readonly inputs: Record<string, Digest>; readonly done: Done },
): Promise<void> {
  const step = { run: at.run, step: at.step as never };
  const name = planned.job as JobName;
  const { queue } = jobs[name];
  const job = { ordinal: 0, name, queue, input: {}, estimateMicroUsd: 0 };
  await dispatch.startStep(step, { key: stepKey(planned, inputs), inputs, reason: "new", jobs: [job] });
  const { rows } = await pool.query<{ id: never }>("select id from loramill.jobs where step = $1", [at.step]);
  const id = rows[0]?.id as never;
  await dispatch.release([id]);
  await dispatch.markSent([{ job: id, release: 1, queue, delayMs: 0 }]);
  const answer = await ledger.claim({ job: id, release: 1, queue, worker: "test" });
  if (answer.kind !== "claimed") throw new Error(answer.reason);
  const now = new Date();
  await ledger.settle({
    ...{ kind: "succeeded", job: id, epoch: answer.claim.epoch, startedAt: now, endedAt: now },
    ...{ charges: done.charges ?? [], records: done.records ?? [] },
    output: { digest: done.output, shape: "parts", items: 2, summary: {} },
  });
  await dispatch.succeedStep(step, { output: done.output, items: 2, summary: {}, keep: true });
}

/** What the steps of a run put out. */
async function contentOf(name: string, { blobs, documents }: Stores): Promise<Record<string, Done>> {
  const put = (text: Uint8Array | string, mediaType = "image/png"): Promise<BlobRef> =>
    blobs.put(Buffer.from(text), { mediaType });
  const listOf = (...parts: Digest[]) => documents.put("parts", { parts });
  const paths = ["a.png", "b.png"].map((path) => `${name}/${path}`);
  const pictures = await Promise.all(
    paths.map(async (path) => {
      const original = await put(pixelsOf(path));
      const ready = await put(`prepared ${path}`);
      return preparedPicture(path, {
        original,
        prepared: { ...preparedPicture(path).prepared, blob: ready },
      });
    }),
  );
  const source = await documents.put("source", {
    items: pictures.map(({ path, original }) => ({ path, blob: original })),
    refused: [],
  });
  const prepared = await documents.put("prepared", { images: pictures, refused: [] });
  const part = await documents.put("dataset-part", { images: pictures });
  const statistics = {
    ...{ found: 2, kept: 2, refused: 0, dropped: {}, captions: { existing: 0, coverage: 0 }, sizes: { "64x64": 2 } },
    ...{ formats: { png: 2 }, originalBytes: 10, preparedBytes: 10 },
  };
  const dataset = await documents.put("dataset", {
    ...{ format: "loramill-dataset/1", name, parts: [part], statistics, gates: [], dropped: [], refused: [] },
  });
  const written = pictures.map(({ path, original }) => ({
    ...{ image: original.sha256, path, text: `zorb, ${path}`, provider: "describe/1", raw: path },
  }));
  const captions = await documents.put("captions", { captions: written, refused: [] });
  const file = tinyLora(["unet.mid"], { rank: 2, seed: name.length + name.charCodeAt(0) });
  const weights = await put(file, "application/vnd.safetensors");
  const lora: LoraDocument = {
    ...{
      format: "loramill-lora/1",
      name,
      weights,
      tensorsSha256: tensorsSha256(file),
      family: "pocket",
      baseModel: "pocket",
    },
    ...{
      triggerWord: "zorb",
      recipe: { steps: 30 },
      dataset,
      images: 2,
      steps: 30,
      finalLoss: 0.1,
      curve: [],
      computeSeconds: 60,
    },
    ...{ resumedFromSteps: [], deviations: [], backend: "agent", made: null },
    samples: [{ step: 30, index: 0, prompt: "zorb", image: await put(`sample of ${name}`) }],
  };
  const loraDigest = await documents.put("lora", lora);
  const image = await put(`picture of ${name}`);
  const generation = {
    ...{
      index: 0,
      image,
      prompt: "zorb",
      negativePrompt: "",
      seed: 1,
      steps: 4,
      guidance: 5,
      sampler: "euler",
      width: 64,
    },
    ...{ height: 64, baseModel: "pocket", backend: "pocket", seconds: 1 },
    loras: [{ name, sha256: weights.sha256, tensorsSha256: lora.tensorsSha256, strength: 1 }],
  };
  const generations = await documents.put("generations", { generations: [generation], refused: [] });
  return {
    source: { output: await listOf(source) },
    prepare: { output: await listOf(prepared), records: [{ kind: "images", images: pictures }] },
    dataset: { output: dataset, records: [{ kind: "dataset", digest: dataset, name, images: 2, statistics }] },
    caption: { output: await listOf(captions), records: [{ kind: "captions", document: captions, captions: written }] },
    train: {
      output: await listOf(loraDigest),
      charges: [gpu],
      records: [
        {
          ...{
            kind: "lora",
            document: loraDigest,
            name,
            family: "pocket",
            baseModel: "pocket",
            triggerWord: "zorb",
            dataset,
          },
          ...{ weightsSha256: weights.sha256, tensorsSha256: lora.tensorsSha256, bytes: weights.bytes, rank: 2 },
        },
      ],
    },
    generate: { output: await listOf(generations), records: [{ kind: "generations", generations: [generation] }] },
  };
}

export async function exported(mill: TestMill, run: RunId, without: readonly BundlePart[] = []) {
  const view = await mill.catalog.runs.get({ run });
  if (view === null) throw new Error(`there is no ${run}`);
  const signal = new AbortController().signal;
  const bundle = await exportRun(view, { project: mill.project, without, signal }, mill);
  const bytes = await buffer(Readable.from(writeBundle(bundle.manifest, bundle.open)));
  return { ...bundle, archive: bytes };
}

export function imported(
  mill: Pick<TestMill, "catalog" | "stores">,
  archive: Uint8Array | AsyncIterable<Uint8Array>,
  { project, reuse = true }: { readonly project: ProjectId; readonly reuse?: boolean },
) {
  const body = archive instanceof Uint8Array ? chunksOf(archive) : archive;
  const limits = { maxBytes: 1e9, maxManifestBytes: 1e7 };
  return importBundle(
    body,
    { project: async () => project, reuse, actor: "operator", limits, signal: new AbortController().signal },
    mill,
  );
}

export async function* chunksOf(archive: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < archive.length; at += size) yield archive.subarray(at, at + size);
}
