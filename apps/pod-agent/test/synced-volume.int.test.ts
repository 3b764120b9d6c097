import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestPack, syncVolume, type WantedFile } from "@loramill/compute";
import { type AgentStart, layOutPack, PACK_NAME, type VolumeFiles } from "@loramill/contracts";
import { openStores, openVolumeFiles } from "@loramill/storage";
import { startS3Server } from "@loramill/testkit";
import { expect, it, onTestFinished } from "vitest";
import { openContentCache } from "../src/cache/content-cache.ts";
import { createGrants } from "../src/grants.ts";
import { jobPlace } from "../src/job-place.ts";
import { stageInputs } from "../src/stage-inputs.ts";

const { signal } = new AbortController();

/** A volume as a machine has it that it is attached to. */
async function mount(volume: VolumeFiles, folder: string): Promise<void> {
  for await (const { key } of volume.list("", { signal })) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await volume.get(key, { signal })).body) chunks.push(chunk);
    await mkdir(join(folder, key, ".."), { recursive: true });
    await writeFile(join(folder, key), Buffer.concat(chunks));
  }
}

it("an agent on a volume that was filled begins a training without asking the store for anything", async () => {
  const folder = await mkdtemp(join(tmpdir(), "synced-volume-"));
  const stores = await openStores({ url: join(folder, "store"), sync: "never" });
  const s3 = await startS3Server({ region: "EU-RO-1" });
  const volume = await openVolumeFiles({ ...s3, folder: "cache", credentialsAdvice: "the keys" });
  const cacheFolder = join(folder, "cache");
  const put = async (text: string, bytes: number) => {
    const { sha256 } = await stores.blobs.put(Buffer.alloc(bytes, text), { mediaType: "application/octet-stream" });
    return { sha256, bytes };
  };
  const pictures = [];
  for (let n = 0; n < 100; n += 1) pictures.push(await put(`picture ${n}; `, 2_000 + n));
  const model = { ...(await put("a base model; ", 3_000_000)), name: "model.safetensors" };
  const pack = layOutPack(pictures);
  const packed = { sha256: await digestPack(stores.objects, pack, signal), bytes: pack.bytes, name: PACK_NAME, pack };
  const wanted: WantedFile[] = [model, packed];
  const limits = { maxBytes: 10_000_000, turnMs: 120_000 };
  const result = await syncVolume({ objects: stores.objects, volume, wanted, limits, signal });
  expect(result).toMatchObject({ kind: "synced", sent: wanted.map(({ sha256 }) => sha256) });
  await mount(volume, cacheFolder);

  const cache = await openContentCache({ folder: cacheFolder, maxBytes: limits.maxBytes, owner: "pod" });
  onTestFinished(async () => {
    await cache.close();
    await volume.close();
    await s3.stop();
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  });
  const nobody = (() => Promise.reject(new Error("the store was asked"))) as typeof fetch;
  const parts = { fetch: nobody, grants: createGrants(Date.now), signal };
  const images = pictures.map((picture) => ({
    ...picture,
    mediaType: "image/png",
    width: 8,
    height: 8,
    caption: "one",
  }));
  const models = [{ ...model, role: "base", key: `blobs/${model.sha256}`, url: null }];
  const start = { images, regularisationImages: images.slice(0, 0), models, resume: null } as unknown as AgentStart;
  const place = jobPlace(folder, "job");
  const staged = await stageInputs(start, place, "output", cache, parts);
  expect((await readFile(staged.models.base ?? "")).length).toBe(model.bytes);
  await staged.release();
  expect(await readdir(place.images)).toHaveLength(200);
  expect((await readFile(join(place.images, "000100.png"))).equals(Buffer.alloc(2_099, "picture 99; "))).toBe(true);
  // What it verified is told to the planner.
  expect((await cache.health()).digests.sort()).toEqual([model.sha256, packed.sha256].sort());
});
