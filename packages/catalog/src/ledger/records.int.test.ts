import { afterAll, beforeAll, expect, test } from "vitest";
import { claimed, settlementOf, someCaption, someDigest, startedRun } from "../../test/fixtures.ts";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog;
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

test("a settlement writes what jobs publish: images, datasets, captions, LoRAs, checkpoints, generations", async () => {
  const { jobs, run, project, step } = await startedRun(catalog, 2, { project: "publishing" });
  const [one, two] = jobs as [(typeof jobs)[number], (typeof jobs)[number]];
  const lora = (name: string) => ({
    kind: "lora" as const,
    document: someDigest(name),
    name: "dog",
    family: "pocket",
    baseModel: "pocket",
    triggerWord: null,
    weightsSha256: someDigest(`${name} weights`),
    tensorsSha256: someDigest(`${name} tensors`),
    bytes: 1_000,
    dataset: someDigest("dataset"),
  });
  const dataset = {
    kind: "dataset" as const,
    digest: someDigest("dataset"),
    name: "dogs",
    images: 5,
    statistics: {},
  };
  const first = await claimed(catalog, one);
  await catalog.ledger.settle(
    settlementOf(
      first,
      { kind: "parked", until: new Date(), turn: {} },
      {
        records: [
          { kind: "checkpoint", ...checkpoint },
          { kind: "images", images: [image] },
        ],
      },
    ),
  );
  await catalog.ledger.settle(
    settlementOf(await claimed(catalog, one), undefined, {
      records: [lora("a"), dataset, { kind: "images", images: [image] }],
    }),
  );
  await catalog.ledger.settle(
    settlementOf(await claimed(catalog, two), undefined, {
      records: [
        lora("b"),
        { ...dataset, digest: someDigest("dataset 2") },
        { kind: "generations", generations: [generation] },
      ],
    }),
  );
  expect(await catalog.library.checkpoints(run)).toMatchObject([{ ...checkpoint, job: one.job, epoch: 1 }]);
  expect((await catalog.loras.list({ project })).items.map(({ version }) => version)).toEqual([2, 1]);
  expect(await catalog.loras.find({ project, lora: "dog" })).toMatchObject({
    document: someDigest("b"),
    run,
    step,
  });
  expect(await catalog.loras.find({ project, lora: someDigest("a tensors") })).toMatchObject({ version: 1 });
  expect((await catalog.library.datasets({ project })).items.map(({ version }) => version)).toEqual([2, 1]);
  expect((await catalog.generations.list({ run })).items).toMatchObject([
    { prompt: "a dog", seed: 4_294_967_295, kind: "text-to-image", frames: null, record: generation },
  ]);
  expect(await catalog.library.image({ project, sha256: image.original.sha256 })).toMatchObject({ width: 640 });
});

test("a settlement takes texts with characters that Postgres cannot hold", async () => {
  const { jobs } = await startedRun(catalog, 1);
  const claim = await claimed(catalog, jobs[0] as (typeof jobs)[number]);
  const beats = [{ job: claim.job, epoch: claim.epoch, progress: { file: "a\u0000b\ud800" } }];
  expect((await catalog.ledger.heartbeat(beats)).get(claim.job)).toBe("continue");
  const records = [
    { kind: "captions" as const, document: someDigest("captions"), captions: [someCaption("zero \u0000 byte")] },
  ];
  expect(await catalog.ledger.settle(settlementOf(claim, undefined, { records }))).toMatchObject({ kind: "recorded" });
});

test("a settlement finds a record that the database refuses, and settles the others of its batch", async () => {
  const { jobs } = await startedRun(catalog, 3);
  const claims = await Promise.all(jobs.map((delivery) => claimed(catalog, delivery)));
  const answers = await Promise.allSettled(
    claims.map((claim, index) =>
      catalog.ledger.settle(
        settlementOf(claim, undefined, {
          records: index === 1 ? [{ kind: "checkpoint", ...checkpoint, step: 3_000_000_000 }] : [],
        }),
      ),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  const { rows } = await catalog.pool.query("select state from loramill.jobs where id = $1", [claims[1]?.job]);
  expect(rows).toEqual([{ state: "active" }]);
});

const checkpoint = { step: 10, imagesSeen: 20, paidSeconds: 1.5, objectPrefix: "checkpoints/x/", loss: 0.25 };
const blob = { sha256: someDigest("blob"), bytes: 123, mediaType: "image/png" };
const image = {
  path: "a.png",
  original: blob,
  width: 640,
  height: 480,
  format: "png",
  hashes: { pixels: someDigest("pixels"), phash: "0".repeat(16), phashMirrored: "1".repeat(16), dhash: "2".repeat(16) },
  quality: {
    sharpness: 0.5,
    brightness: 100,
    contrast: 80,
    clippedShadows: 0,
    clippedHighlights: 0,
    colourfulness: 20,
    entropyBits: 7,
  },
  content: { palette: [], background: null, keywords: [] },
  prepared: {
    blob,
    width: 64,
    height: 64,
    crop: { left: 0, top: 0, width: 480, height: 480 },
    upscaled: false,
  },
};
const generation = {
  index: 0,
  image: blob,
  prompt: "a dog",
  negativePrompt: "",
  seed: 4_294_967_295,
  steps: 20,
  guidance: 3,
  sampler: "euler",
  width: 64,
  height: 64,
  loras: [],
  baseModel: "pocket",
  backend: "pocket",
  seconds: 0.5,
};
