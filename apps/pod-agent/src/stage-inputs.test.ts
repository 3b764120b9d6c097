import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentStart, cacheLayout, layOutPack, neutralRecipe, PACK_NAME, sha256Hex } from "@loramill/contracts";
import { expect, it, onTestFinished } from "vitest";
import { openContentCache } from "./cache/content-cache.ts";
import { createGrants } from "./grants.ts";
import { jobPlace } from "./job-place.ts";
import { stageInputs } from "./stage-inputs.ts";

const contents = Array.from({ length: 40 }, (_, n) => Buffer.alloc(500 + n, `picture ${n}; `));
const imageOf = (content: Buffer, n: number) => ({
  ...{ sha256: sha256Hex(content), bytes: content.length, mediaType: "image/png" },
  ...{ width: 64, height: 64, caption: `caption ${n}` },
});
const images = contents.map(imageOf);
const blobs = new Map(contents.map((content) => [`blobs/${sha256Hex(content)}`, content]));
const { pictures, places } = layOutPack(images);
const packed = Buffer.concat([...places.keys()].map((sha256) => blobs.get(`blobs/${sha256}`) ?? Buffer.of()));

/** An agent's folders, and a store that counts what it is asked for. */
async function open() {
  const folder = await mkdtemp(join(tmpdir(), "stage-inputs-"));
  const cacheFolder = join(folder, "cache");
  const cache = await openContentCache({ folder: cacheFolder, maxBytes: 60_000, owner: "one" });
  onTestFinished(async () => {
    await cache.close();
    await rm(folder, { recursive: true, force: true });
  });
  const asked: string[] = [];
  const grants = createGrants(() => 0);
  grants.take({
    expiresSeconds: 60,
    writes: [],
    reads: Object.fromEntries([...blobs.keys()].map((key) => [key, key])),
  });
  const fetch = (async (key: string) => {
    asked.push(key);
    return new Response(new Uint8Array(blobs.get(key) ?? []));
  }) as unknown as typeof globalThis.fetch;
  const parts = { fetch, grants, signal: new AbortController().signal };
  const start = { images, regularisationImages: [], models: [], resume: null, recipe: neutralRecipe };
  let jobs = 0;
  return {
    ...{ cache, cacheFolder, folder, asked },
    /** What a pack comes with when a volume is filled. */
    async bring(content: Buffer, sha256 = sha256Hex(content)) {
      for (const [key, body] of [
        [cacheLayout.file(sha256, PACK_NAME), content],
        [cacheLayout.pack(pictures, sha256), sha256],
      ] as const) {
        await mkdir(join(cacheFolder, key, ".."), { recursive: true });
        await writeFile(join(cacheFolder, key), body);
      }
      return sha256;
    },
    /** Pictures and captions of a job, as its trainer finds them. */
    async stage(): Promise<void> {
      jobs += 1;
      const place = jobPlace(folder, `job${jobs}`);
      const { release } = await stageInputs(start as unknown as AgentStart, place, "output", cache, parts);
      await release();
      expect(await readdir(place.images)).toHaveLength(images.length * 2);
      for (const [n, content] of contents.entries()) {
        const stem = join(place.images, String(n + 1).padStart(6, "0"));
        expect((await readFile(`${stem}.png`)).equals(content)).toBe(true);
        expect(await readFile(`${stem}.txt`, "utf8")).toBe(`caption ${n}\n`);
      }
    },
    state: (sha256: string) => readdir(join(cacheFolder, cacheLayout.state(sha256))),
  };
}

it("fetches each picture once where no pack of them lies in the cache", async () => {
  const { stage, asked } = await open();
  await stage();
  expect(asked.sort()).toEqual([...blobs.keys()].sort());
  await stage();
  expect(asked).toHaveLength(40);
});

it("asks for nothing where a pack of just these pictures lies there, which is verified once and in use meanwhile", async () => {
  const { stage, asked, bring, state } = await open();
  const sha256 = await bring(packed);
  await stage();
  await stage();
  expect(asked).toEqual([]);
  expect(await state(sha256)).toEqual(["verified.json"]);
});

it("fetches the pictures one by one where the pack is damaged, of other pictures, or gone", async () => {
  const damaged = Buffer.from(packed);
  damaged[17] = (damaged[17] ?? 0) ^ 1;
  const wrongs = [
    { content: damaged, sha256: sha256Hex(packed), asked: 40 },
    // Whole by its digest, and not what it is named for: all but one picture are as they should be.
    { content: damaged, sha256: sha256Hex(damaged), asked: 1 },
    { content: packed.subarray(1), sha256: sha256Hex(packed.subarray(1)), asked: 40 },
  ];
  for (const wrong of wrongs) {
    const { stage, asked, bring } = await open();
    await bring(wrong.content, wrong.sha256);
    await stage();
    expect(asked).toHaveLength(wrong.asked);
  }
  const { stage, asked, bring, cacheFolder } = await open();
  const sha256 = await bring(packed);
  await rm(join(cacheFolder, cacheLayout.filesOf(sha256)), { recursive: true });
  await stage();
  expect(asked).toHaveLength(40);
});

it("lets a pack go like any file when there is no more room, and then fetches pictures again", async () => {
  const { stage, asked, bring, cache, cacheFolder } = await open();
  const sha256 = await bring(packed);
  await stage();
  await utimes(join(cacheFolder, cacheLayout.note(sha256)), new Date(1_000), new Date(1_000));
  const model = Buffer.alloc(50_000, "a model");
  const file = { sha256: sha256Hex(model), bytes: model.length, name: "model.safetensors" };
  const parts = { grants: createGrants(() => 0), signal: new AbortController().signal };
  const fetch = (async () => new Response(new Uint8Array(model))) as unknown as typeof globalThis.fetch;
  await (await cache.take(file, { url: "/model" }, { ...parts, fetch })).release();
  expect(await readdir(join(cacheFolder, cacheLayout.files))).toEqual([file.sha256]);
  await stage();
  expect(asked).toHaveLength(40);
});

it("writes nothing more once it has failed, so that the folder can be removed", async () => {
  const { cache, folder } = await open();
  const stop = new AbortController();
  let asked = 0;
  let underWay = 0;
  const fetch = (async (key: string) => {
    asked += 1;
    if (asked === 3) stop.abort(new Error("it was cancelled"));
    underWay += 1;
    for (let n = 0; n < asked * 5; n += 1) await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return new Response(new Uint8Array(blobs.get(key) ?? []));
  }) as unknown as typeof globalThis.fetch;
  const grants = createGrants(() => 0);
  grants.take({
    expiresSeconds: 60,
    writes: [],
    reads: Object.fromEntries([...blobs.keys()].map((key) => [key, key])),
  });
  const start = { images, regularisationImages: [], models: [], resume: null, recipe: neutralRecipe };
  const place = jobPlace(folder, "cancelled");
  const parts = { fetch, grants, signal: stop.signal };
  await expect(stageInputs(start as unknown as AgentStart, place, "output", cache, parts)).rejects.toThrow("cancelled");
  expect(underWay).toBe(0);
  const askedThen = asked;
  await rm(place.folder, { recursive: true });
  for (let n = 0; n < 100; n += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toBe(askedThen);
  await expect(readdir(place.folder)).rejects.toThrow("ENOENT");
});
