import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Catalog } from "@loramill/catalog";
import {
  DatasetImagePage,
  type DatasetManifest,
  DatasetPage,
  DatasetRemovalPage,
  type JsonObject,
  type PreparedImage,
  type ProjectId,
  type Stores,
} from "@loramill/contracts";
import { createStatistics } from "@loramill/datasets";
import { encodeImage, readRgb } from "@loramill/imaging";
import { openStores } from "@loramill/storage";
import { preparedPicture } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ofProject, type ServedRoutes, serveRoutes } from "../../test/serve-routes.ts";
import { datasetRoutes } from "./datasets.ts";

let folder: string;
let stores: Stores & { close(): Promise<void> };
let catalog: Catalog;
let routes: ServedRoutes;
let cats: ProjectId;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "datasets-"));
  stores = await openStores({ url: folder, sync: "never" });
  const signedObjects = { sign: (key: string) => `/signed/${key}`, verify: () => ({ key: "" }) };
  routes = await serveRoutes((deps) => datasetRoutes({ ...deps, stores, signedObjects }, { urlSeconds: 60 }));
  catalog = routes.catalog;
  cats = (await catalog.projects.ensure("cats")).id;
});
afterAll(async () => {
  await routes.close();
  await stores.close();
  await rm(folder, { recursive: true, force: true });
});

/** A plain picture; another shade is another picture. */
async function draw(side: number, shade: number) {
  const rgb = new Uint8Array(side * side * 3).fill(shade);
  return stores.blobs.put(await encodeImage({ width: side, height: side, rgb }, "png"), { mediaType: "image/png" });
}

async function picture(path: string, side: number, shade: number, caption?: string): Promise<PreparedImage> {
  const blob = await draw(side, shade);
  const { prepared, ...rest } = preparedPicture(path, {}, blob);
  return {
    ...rest,
    prepared: { ...prepared, blob, width: side, height: side },
    ...(caption === undefined ? {} : { caption: { text: caption, origin: "edited" } }),
  };
}

async function addVersion(
  project: ProjectId,
  images: readonly PreparedImage[],
  more: Partial<DatasetManifest> = {},
): Promise<string> {
  const statistics = createStatistics();
  for (const image of images) statistics.add(image);
  const manifest: DatasetManifest = {
    format: "loramill-dataset/1",
    name: "toys",
    parts: await Promise.all(images.map((image) => stores.documents.put("dataset-part", { images: [image] }))),
    statistics: statistics.finish([], []),
    gates: [],
    dropped: [],
    refused: [],
    ...more,
  };
  const digest = await stores.documents.put("dataset", manifest);
  const row = { project, name: manifest.name, digest, images: images.length, edits: [], author: null };
  await catalog.library.addDataset({ ...row, statistics: manifest.statistics as JsonObject });
  return digest;
}

const get = async (url: string, headers: Record<string, string> = {}): Promise<unknown> =>
  (await routes.server.inject({ url, headers })).json();

test("a list of newest versions has one line a dataset, and a key of a project sees those of its own", async () => {
  const dogs = (await catalog.projects.ensure("dogs")).id;
  const ball = await picture("ball.png", 16, 10, "a ball");
  const cube = await picture("cube.png", 16, 20);
  await addVersion(cats, [ball]);
  const newest = await addVersion(cats, [ball, cube]);
  await addVersion(dogs, [cube]);
  const list = async (query: string, headers = {}) =>
    DatasetPage.parse(await get(`/v1/datasets${query}`, headers)).items.map(({ version, images, captioned }) => ({
      version,
      images,
      captioned,
    }));
  expect(await list("?newest=true", ofProject)).toEqual([{ version: 2, images: 2, captioned: 1 }]);
  expect(await list("?newest=true&project=cats")).toEqual([{ version: 2, images: 2, captioned: 1 }]);
  expect(await list("?newest=true&project=nobody")).toEqual([]);
  expect(await list("?newest=true")).toHaveLength(2);
  expect(await list("", ofProject)).toHaveLength(2);
  expect(await list("?project=dogs", ofProject)).toHaveLength(2);
  expect(DatasetPage.parse(await get("/v1/datasets?newest=true", ofProject)).items[0]).toMatchObject({
    digest: newest,
    bytes: ball.prepared.blob.bytes + cube.prepared.blob.bytes,
  });
});

test("pictures are found by caption and name over all parts, and their thumbnails are drawn once", async () => {
  const images = [
    await picture("red/ball.png", 640, 30, "a Ball"),
    await picture("cube.png", 16, 40),
    await picture("cone.png", 16, 50, "on a wall"),
  ];
  const digest = await addVersion(cats, images);
  const ask = async (query: string) =>
    DatasetImagePage.parse(await get(`/v1/datasets/toys@${digest}/images${query}`)).items;
  const paths = async (query: string) => (await ask(query)).map(({ path }) => path);
  expect(await paths("?captioned=true")).toEqual(["red/ball.png", "cone.png"]);
  expect(await paths("?captioned=false")).toEqual(["cube.png"]);
  expect(await paths("?text=BALL")).toEqual(["red/ball.png"]);
  expect(await paths("?text=on%20a&captioned=true")).toEqual(["cone.png"]);
  const first = DatasetImagePage.parse(await get(`/v1/datasets/toys@${digest}/images?limit=2`));
  expect([first.items.length, first.next]).toEqual([2, "2"]);

  const [large, small] = await ask("?urls=true");
  expect(large).toMatchObject({
    url: `/signed/blobs/${images[0]?.prepared.blob.sha256}`,
    original: { bytes: images[0]?.original.bytes },
    captionOrigin: "edited",
  });
  expect(small?.thumbnailUrl).toBe(small?.url);
  const sha256 = large?.thumbnailUrl?.replace("/signed/blobs/", "") ?? "";
  expect(await readRgb(await stores.blobs.read({ sha256 }))).toMatchObject({ width: 320, height: 320 });
  expect((await ask("?urls=true"))[0]?.thumbnailUrl).toBe(large?.thumbnailUrl);
  expect((await ask(""))[0]).toMatchObject({ url: null, thumbnailUrl: null });
});

test("what was left out comes with its reason, beside what was kept, also where it cannot be drawn", async () => {
  const kept = await picture("kept.png", 16, 60);
  const broken = await stores.blobs.put(Buffer.from("no picture"), { mediaType: "image/png" });
  const copy = { path: "copy.png", original: kept.original.sha256, message: "the same file as kept.png" };
  const digest = await addVersion(cats, [kept], {
    dropped: [
      { ...copy, code: "duplicate-exact", keptInstead: "kept.png" },
      { path: "b.png", original: broken.sha256, code: "blurred", message: "blurred", score: 0.1, threshold: 0.2 },
    ],
    refused: [{ path: "c.txt", code: "not-a-picture", message: "is no picture" }],
  });
  const at = `/v1/datasets/toys@${digest}/removals`;
  const { items, next } = DatasetRemovalPage.parse(await get(at, ofProject));
  const url = `/signed/blobs/`;
  expect(items).toMatchObject([
    { path: "copy.png", code: "duplicate-exact", keptInstead: "kept.png" },
    { path: "b.png", code: "blurred", score: 0.1, threshold: 0.2, thumbnailUrl: null, keptThumbnailUrl: null },
    { path: "c.txt", code: "not-a-picture", image: null, thumbnailUrl: null },
  ]);
  expect(items[0]?.thumbnailUrl).toContain(url);
  expect(items[0]?.keptThumbnailUrl).toBe(items[0]?.thumbnailUrl);
  expect(next).toBeNull();
  const page = DatasetRemovalPage.parse(await get(`${at}?limit=2`));
  expect([page.items.length, page.next]).toEqual([2, "2"]);
  expect(DatasetRemovalPage.parse(await get(`${at}?limit=2&cursor=2`)).items.map(({ path }) => path)).toEqual([
    "c.txt",
  ]);
});

test("versions of another project are not there for a key", async () => {
  const dogs = (await catalog.projects.ensure("dogs")).id;
  const digest = await addVersion(dogs, [await picture("secret.png", 16, 70)], { name: "secret" });
  for (const rest of ["", "/images?urls=true", "/removals"]) {
    expect(await get(`/v1/datasets/${digest}${rest}`, ofProject)).toMatchObject({ code: "dataset-not-found" });
  }
});
