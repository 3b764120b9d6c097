import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Source, sha256Hex } from "@loramill/contracts";
import { encodeImage } from "@loramill/imaging";
import { sharp } from "@loramill/imaging/testing";
import { drawCountedVideo, drawPicture, fakeJobContext, hasFfmpeg, startFileServer } from "@loramill/testkit";
import { afterEach, expect, it, onTestFinished } from "vitest";
import { type CuratorUnderTest, curate, openCurator } from "../test/curate.ts";
import { indexSource } from "./index-source.ts";

const opened: CuratorUnderTest[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function open(): Promise<CuratorUnderTest> {
  const curator = await openCurator();
  opened.push(curator);
  const { sources } = curator.deps;
  const http = { ...sources.http, allowHttp: true, allowPrivateNetwork: true, attempts: 1 };
  return { ...curator, deps: { ...curator.deps, sources: { ...sources, http } } };
}

const picture = (seed: number) => drawPicture(seed, { width: 160, height: 120 });
const png = (seed: number) => encodeImage(picture(seed), "png");
const plain = (path: string) => path.replace(/127\.0\.0\.1_\d+/, "host");
const keepAll = {
  exactDuplicates: "keep",
  nearDuplicates: "keep",
  blurred: "keep",
  tooSmall: "keep",
  lowContrast: "keep",
} as const;

it("makes a dataset of URLs, with the captions that lie beside them and what could not be had", async () => {
  const curator = await open();
  const server = await startFileServer({
    "/a/1.png": await png(1),
    "/a/1.txt": "a dog",
    "/a/2.png": await png(2),
    "/x": "text",
  });
  onTestFinished(() => server.close());
  const urls = ["/a/1.png", "/a/1.txt", "/a/2.png", "/gone.png", "/x"].map((path) => server.url + path);
  const { images, manifest } = await curate(curator, { sources: [{ type: "urls", urls }] });
  expect(images.map(({ path, caption, original }) => [plain(path), caption?.text, original.mediaType])).toEqual([
    ["host/a/1.png", "a dog", "image/png"],
    ["host/a/2.png", undefined, "image/png"],
  ]);
  expect(manifest.refused.map(({ path, code }) => [plain(path), code])).toEqual([
    ["host/gone.png", "http-status"],
    ["host/x", "not-an-image"],
  ]);
  const asked = server.requests.length;
  await curate(curator, { sources: [{ type: "urls", urls }] });
  expect(server.requests.slice(asked)).toEqual(["GET /gone.png 404"]);
});

it("makes a dataset of another dataset, without copying a byte", async () => {
  const curator = await open();
  const folder = join(curator.folder, "pictures");
  await mkdir(folder);
  for (const n of [1, 2, 3]) await writeFile(join(folder, `${n}.png`), await png(n));
  await writeFile(join(folder, "2.txt"), "two dogs");
  await writeFile(join(folder, "broken.png"), "");
  const first = await curate(curator, { sources: [{ type: "folder", path: folder }] });
  const before = await Array.fromAsync(curator.stores.objects.list("blobs/"));
  const second = await curate(curator, { sources: [{ type: "dataset", digest: first.output.digest }] });
  expect(second.images).toEqual(first.images);
  expect(second.manifest.refused).toEqual([]);
  const after = await Array.fromAsync(curator.stores.objects.list("blobs/"));
  expect(
    after.filter(({ key }) => !before.some((one) => one.key === key)),
    "its report alone is new",
  ).toHaveLength(1);
  const none: Source = { type: "dataset", digest: "ab".repeat(32) };
  await expect(curate(curator, { sources: [none] })).rejects.toMatchObject({ code: "dataset-missing" });
});

it("makes a dataset of an animation without ffmpeg, frame by frame, with a manifest of the frames", async () => {
  const curator = await open();
  const frames = Array.from({ length: 25 }, (_, n) => picture(n));
  const stacked = Buffer.concat(frames.map(({ rgb }) => rgb));
  const whole = sharp(stacked, { raw: { width: 160, height: 120 * 25, channels: 3, pageHeight: 120 } });
  for (const [name, bytes] of [
    [
      "film.gif",
      await whole
        .clone()
        .gif({ delay: Array(25).fill(40) })
        .toBuffer(),
    ],
    [
      "film.webp",
      await whole
        .clone()
        .webp({ lossless: true, delay: Array(25).fill(40) })
        .toBuffer(),
    ],
  ] as const) {
    const path = join(curator.folder, name);
    await writeFile(path, bytes);
    const source = Source.parse({
      type: "video",
      path,
      clips: [
        { name: "start", to: 0.5 },
        { name: "end", from: 0.8 },
      ],
    });
    const { images, index } = await curate(curator, { sources: [source], cleaning: keepAll });
    expect(images.map(({ path: at, caption }) => [at, caption?.text])).toEqual([
      ["film/start/frame-000000.png", "Frame 0 from segment start"],
      ["film/start/frame-000010.png", "Frame 10 from segment start"],
      ["film/end/frame-000000.png", "Frame 0 from segment end"],
    ]);
    expect(index.summary).toMatchObject({ pictures: 3, frames: 3, captions: 3 });
    const text = await curator.stores.blobs.read({ sha256: index.summary.manifest as string });
    expect(JSON.parse(Buffer.from(text).toString("utf8"))).toEqual({
      format: "loramill-frames/1",
      frames: [
        [0, 0, "start"],
        [10, 0.4, "start"],
        [0, 0.8, "end"],
      ].map(([number, seconds, segment], n) => ({
        path: images[n]?.path,
        video: name,
        number,
        seconds,
        segment,
        caption: `Frame ${number} from segment ${segment}`,
        sha256: images[n]?.original.sha256,
      })),
    });
    const scenes = Source.parse({ type: "video", path, scenes: { threshold: 0.05 } });
    const cut = await indexSource({ params: { sources: [scenes] } }, curator.deps, fakeJobContext());
    expect(cut.items, "each picture is another scene").toBeGreaterThan(10);
  }
  const still = join(curator.folder, "still.webp");
  await writeFile(still, await encodeImage(picture(1), "webp"));
  const source = Source.parse({ type: "video", path: still });
  await expect(curate(curator, { sources: [source] })).rejects.toMatchObject({ code: "not-animated" });
});

/** Stops a job when so many files were read. */
function stoppedAt(files: number) {
  const context = fakeJobContext();
  const progress: typeof context.progress = (details) => {
    context.progress(details);
    if ((details.done as number) >= files) context.cancel();
  };
  return { ...context, progress };
}

/** Stops the reading of a source in the middle, reads it again, and says what was written the second time. */
async function interrupt(curator: CuratorUnderTest, source: Source, files: number) {
  const input = { params: { sources: [source] } };
  await expect(indexSource(input, curator.deps, stoppedAt(files))).rejects.toThrow();
  const blobs = () => Array.fromAsync(curator.stores.objects.list("blobs/"));
  const kept = await blobs();
  expect(kept.length).toBeGreaterThanOrEqual(files);
  const index = await indexSource(input, curator.deps, fakeJobContext());
  const before = new Map(kept.map(({ key, modifiedAt }) => [key, modifiedAt.getTime()]));
  const written = (await blobs()).filter(({ key, modifiedAt }) => before.get(key) !== modifiedAt.getTime());
  return { index, kept: kept.length, written: written.length };
}

const OTHER_JOB = `job_${"1".repeat(32)}` as const;

const CHANGED = new Date("2026-05-06T07:08:09Z");

/** Changes the last byte of a picture, which its end marker does not need. */
async function overwrite(path: string, changed: Date): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length - 1] = 0;
  await writeFile(path, bytes);
  await utimes(path, changed, changed);
}

it("goes on with a folder that it was stopped in, and neither reads nor writes twice what has not changed", async () => {
  const curator = await open();
  const path = join(curator.folder, "pictures");
  await mkdir(path);
  for (let n = 0; n < 60; n++) {
    await writeFile(join(path, `${n}.png`), await png(n));
    await utimes(join(path, `${n}.png`), CHANGED, CHANGED);
  }
  const source: Source = { type: "folder", path };
  await expect(indexSource({ params: { sources: [source] } }, curator.deps, stoppedAt(20))).rejects.toThrow();
  // Other bytes under the old size and time would be seen if they were read; a file with another time is read.
  const [first = "", second = ""] = (await readdir(path)).sort();
  await overwrite(join(path, first), CHANGED);
  await overwrite(join(path, second), new Date(CHANGED.getTime() + 1000));
  const { index, kept, written } = await interrupt(curator, source, 40);
  expect(index.items).toBe(60);
  expect(kept).toBeLessThan(60);
  expect(written, "the old bytes of the second are in the store still").toBe(60 + 1 - kept);
  const { parts } = await curator.stores.documents.get("parts", index.digest);
  const { items } = await curator.stores.documents.get("source", parts[0] ?? "");
  const now = async (name: string) => sha256Hex(await readFile(join(path, name)));
  expect(items[0]?.blob.sha256).not.toBe(await now(first));
  expect(items[1]?.blob.sha256).toBe(await now(second));
  const anew = await indexSource({ params: { sources: [source] } }, curator.deps, fakeJobContext({ job: OTHER_JOB }));
  expect(anew.digest, "another job asks anew").not.toBe(index.digest);
});

it("goes on with URLs that it was stopped in, and asks for nothing twice", async () => {
  const curator = await open();
  const paths = Array.from({ length: 60 }, (_, n) => `/${n}.png`);
  const files = await Promise.all(paths.map(async (at, n) => [at, await png(n)] as const));
  const server = await startFileServer(Object.fromEntries(files));
  onTestFinished(() => server.close());
  for (const at of paths) server.misbehave(at, { kind: "late", afterMs: 20 });
  const source: Source = { type: "urls", urls: paths.map((at) => server.url + at) };
  const { index, kept, written } = await interrupt(curator, source, 20);
  expect(index.items).toBe(60);
  expect(written).toBe(60 - kept);
  const { connectionsPerHost } = curator.deps.sources.http;
  expect(server.requests.length, "but for what was under way").toBeLessThanOrEqual(60 + connectionsPerHost);
});

it.skipIf(!(await hasFfmpeg()))(
  "makes a dataset of a film, goes on after a stop, and hints at films in folders",
  async () => {
    const curator = await open();
    const path = join(curator.folder, "film.mp4");
    await drawCountedVideo(path, { frames: 150, width: 160, height: 120 });
    const { index, kept, written } = await interrupt(curator, Source.parse({ type: "video", path, every: 2 }), 20);
    expect(index.items).toBe(75);
    expect(written, "frames in the store are not stored again; the list of frames is new").toBe(75 - kept + 1);
    await writeFile(join(curator.folder, "a.png"), await png(1));
    const { manifest } = await curate(curator, { sources: [{ type: "folder", path: curator.folder }] }).catch(
      (error: unknown) => {
        throw error;
      },
    );
    expect(manifest.refused.find(({ path: at }) => at === "film.mp4")).toMatchObject({
      code: "not-an-image",
      message: expect.stringContaining("type: video"),
    });
  },
);
