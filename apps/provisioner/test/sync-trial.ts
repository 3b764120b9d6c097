import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestServer } from "@loramill/catalog/testing";
import { cacheLayout, type Digest, type JsonObject, neutralRecipe, Parked, type RunId } from "@loramill/contracts";
import { openStores, openVolumeFiles } from "@loramill/storage";
import {
  type FakeJobContext,
  fakeJobContext,
  keepLog,
  preparedPicture,
  startS3Server,
  trialRun,
} from "@loramill/testkit";
import { onTestFinished } from "vitest";
import { type FillDeps, fillVolume } from "../src/fill-volume.ts";
import { createTurnstile } from "../src/turnstile.ts";

export const MIB = 1024 ** 2;
const PART = 5 * MIB;
/** Between two looks at a volume that has all that is wanted. */
export const SYNC_MS = 300_000;

interface Look {
  readonly afterMs: number;
  readonly said: FakeJobContext["said"];
}

/** A catalog with a store of models and datasets, and a volume behind a strict S3 server. */
export async function openSyncTrial(database: TestServer) {
  const catalog = await database.open();
  const folder = await mkdtemp(join(tmpdir(), "sync-round-"));
  const stores = await openStores({ url: folder, sync: "never" });
  const s3 = await startS3Server({ region: "EU-RO-1" });
  onTestFinished(async () => {
    await s3.stop();
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  });
  const log = keepLog();
  let turn: JsonObject | null = null;
  const deps: FillDeps = {
    ...{ catalog, stores, clock: { now: () => new Date() }, turnstile: createTurnstile() },
    options: {
      volumes: [{ id: s3.bucket, region: s3.region, path: "/workspace" }],
      ...{ syncMs: SYNC_MS, syncWantedMs: 7 * 24 * 3_600_000 },
    },
    cache: { url: s3.endpoint, credentials: s3.credentials, folder: "cache", maxBytes: 20 * MIB },
    open: (place) => openVolumeFiles({ ...place, partBytes: PART, attempts: 1 }),
  };

  /** One turn of the volume, or of another one that is named; answers what it parked with, and what it said. */
  async function look(over: Partial<FillDeps> = {}, volume = s3.bucket): Promise<Look> {
    const ctx = { ...fakeJobContext({ turn }), log };
    const answer = await fillVolume({ params: { volume } }, { ...deps, ...over }, ctx);
    if (!(answer instanceof Parked)) throw new Error("the job has ended");
    turn = answer.turn;
    return { afterMs: answer.afterMs, said: ctx.said };
  }

  /** A base model of one file; answers where it comes to lie. */
  async function model(id: string, path: string, bytes: number): Promise<string> {
    const content = Buffer.alloc(bytes, `the bytes of ${id}, which nobody else has; `);
    const { sha256 } = await stores.blobs.put(content, { mediaType: "application/octet-stream" });
    const source = { type: "hub" as const, repository: id, revision: "main" };
    await catalog.models.save({ id, family: "sdxl", source, licence: null, files: [{ path, sha256, bytes }] });
    return cacheLayout.file(sha256, path);
  }

  /** A dataset with these pictures, in parts of 64. */
  async function dataset(pictures: readonly Uint8Array[], captions = ""): Promise<Digest> {
    const images = [];
    for (const [n, content] of pictures.entries()) {
      const blob = await stores.blobs.put(content, { mediaType: "image/png" });
      const caption = { text: `${captions} ${n}`, origin: "a test" };
      images.push(preparedPicture(`${n}.png`, captions === "" ? {} : { caption }, blob));
    }
    const parts: Digest[] = [];
    for (let n = 0; n < images.length; n += 64) {
      parts.push(await stores.documents.put("dataset-part", { images: images.slice(n, n + 64) }));
    }
    const count = { found: images.length, kept: images.length, refused: 0, dropped: {} };
    const none = { sizes: {}, formats: {}, originalBytes: 0, preparedBytes: 0, captions: { existing: 0, coverage: 0 } };
    const rest = { gates: [], dropped: [], refused: [] };
    const statistics = { ...count, ...none };
    return stores.documents.put("dataset", { format: "loramill-dataset/1", name: "trial", parts, statistics, ...rest });
  }

  /** A run that trains on a model and waits for a machine. */
  async function train(baseModel: string, params: JsonObject = {}): Promise<RunId> {
    const recipe = { ...neutralRecipe, family: "sdxl", baseModel } as JsonObject;
    const project = (await catalog.projects.ensure("default")).id;
    const all = { backend: "agent", recipe, ...params };
    const step = { name: "train", kind: "train", job: "train-lora", params: all } as const;
    return catalog.runs.create({ project, ...trialRun([step]) });
  }

  /** One whose dataset has been made, so that its job waits to be done. */
  async function trainOn(digest: Digest, baseModel = "not/known"): Promise<RunId> {
    const run = await train(baseModel);
    await catalog.dispatch.moveRun(run, "start", null);
    const step = (await catalog.dispatch.openRuns([run]))[0]?.steps[0];
    if (step === undefined) throw new Error("no step");
    await catalog.dispatch.unblockStep({ run, step: step.id });
    const input = { inputs: { dataset: digest }, params: {} };
    const jobs = [{ ordinal: 0, name: "train-lora" as const, queue: "train" as const, input, estimateMicroUsd: 0 }];
    const key = run.slice(4).padEnd(64, "0");
    await catalog.dispatch.startStep({ run, step: step.id }, { key, inputs: {}, reason: "new", jobs });
    return run;
  }

  return {
    ...{ catalog, stores, s3, deps, log, look, model, dataset, train, trainOn },
    keys: () => s3.contents().keys.map((key) => key.replace(/^cache\//, "")),
    sentParts: () => s3.requests.filter(({ operation, status }) => operation === "UploadPart" && status === 200).length,
    audit: () => catalog.fleet.audit.list({ subject: s3.bucket, limit: 10 }),
  };
}
