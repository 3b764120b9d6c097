import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Source } from "@loramill/contracts";
import { expect, test } from "vitest";
import { temporaryFolder, temporaryStores } from "../../test/read-source.ts";
import type { OpenedStores } from "../open-stores.ts";
import { fingerprintSources } from "./fingerprint.ts";
import { openSource } from "./open-source.ts";
import { defaultSourceLimits as limits } from "./source-config.ts";
import type { VideoReader } from "./source-options.ts";

async function upload(stores: OpenedStores, files: Readonly<Record<string, string>>): Promise<string> {
  const items = await Promise.all(
    Object.entries(files).map(async ([path, text]) => ({
      path,
      blob: await stores.blobs.put(Buffer.from(text), { mediaType: "application/octet-stream" }),
    })),
  );
  return stores.documents.put("parts", { parts: [await stores.documents.put("source", { items, refused: [] })] });
}

test("a video that was uploaded is read from a file of its name, which is gone afterwards, and known as the local one", async () => {
  const stores = await temporaryStores();
  const listing = await upload(stores, { "films/dog.mp4": "the film" });
  const seen: string[] = [];
  const readVideo: VideoReader = async function* (source) {
    seen.push(source.path, await readFile(source.path, "utf8"), `every ${source.every}`);
    yield { kind: "refused", path: "x", code: "y", message: "z" };
  };
  const uploaded = Source.parse({ type: "video", upload: listing, every: 5 });
  expect(await Array.fromAsync(openSource(uploaded, { limits, stores, readVideo }))).toHaveLength(1);
  expect(seen).toEqual([expect.stringMatching(/\/dog\.mp4$/), "the film", "every 5"]);
  await expect(stat(seen[0] ?? "")).rejects.toMatchObject({ code: "ENOENT" });

  const path = join(await temporaryFolder(), "dog.mp4");
  await writeFile(path, "the film");
  const local = Source.parse({ type: "video", path, every: 5 });
  const prints = await Promise.all([uploaded, local].map((source) => fingerprintSources([source], { limits, stores })));
  expect(prints[0]).toEqual(prints[1]);
});

test("a list that was uploaded is the list that a file of this machine is", async () => {
  const stores = await temporaryStores();
  const text = "https://a.example/1.jpg\nhttps://a.example/2.jpg\n";
  const path = join(await temporaryFolder(), "list.txt");
  await writeFile(path, text);
  const sources = [
    Source.parse({ type: "manifest", upload: await upload(stores, { "list.txt": text }) }),
    Source.parse({ type: "manifest", path }),
  ];
  const prints = await Promise.all(sources.map((source) => fingerprintSources([source], { limits, stores })));
  expect(prints[0]).toMatchObject({ items: 2 });
  expect(prints[0]).toEqual(prints[1]);
});

test("an upload of several files is no video and no list", async () => {
  const stores = await temporaryStores();
  const listing = await upload(stores, { "a.mp4": "1", "b.mp4": "2" });
  for (const type of ["video", "manifest"]) {
    const source = Source.parse({ type, upload: listing });
    await expect(fingerprintSources([source], { limits, stores }), type).rejects.toMatchObject({ code: "bad-upload" });
  }
});
