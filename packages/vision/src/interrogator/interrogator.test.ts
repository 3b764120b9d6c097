import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeCaptioner, ownLists } from "@loramill/captioning";
import { createLetterEmbedder } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryStores } from "../../test/memory-stores.ts";
import { interrogatorConfig } from "./interrogator-config.ts";
import { openInterrogator } from "./open-interrogator.ts";
import { readLists } from "./read-lists.ts";
import { rememberPoints } from "./remember-points.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lists-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const { signal } = new AbortController();

describe("points of labels", () => {
  it("are computed once for an embedder and a list, whoever asks, and again when the stores have lost them", async () => {
    const stores = memoryStores();
    const embedder = createLetterEmbedder();
    const labels = ["gold", "mist", "a place"];
    const first = await rememberPoints(embedder, stores)(labels, signal);
    const again = await rememberPoints(embedder, stores)(labels, signal);
    expect(again).toEqual(first);
    expect(embedder.embedded).toBe(3);
    await rememberPoints({ ...embedder, id: "letters/2" }, stores)(labels, signal);
    await rememberPoints(embedder, stores)(labels.slice(1), signal);
    expect(embedder.embedded).toBe(3 + 3 + 2);
    stores.blobsHeld.clear();
    expect(await rememberPoints(embedder, stores)(labels, signal)).toEqual(first);
    expect(embedder.embedded).toBe(11);
  });
});

describe("lists of an installation", () => {
  it("take the place of ours file by file, without empty lines and repeats", async () => {
    await writeFile(join(folder, "artists.txt"), "\uFEFFZed\r\n\r\nMoo\r\nZed\r\n");
    const lists = await readLists(folder);
    expect(lists).toEqual({ ...ownLists, artists: ["Zed", "Moo"] });
  });

  it("make the interrogator unavailable where there are none, and say which files are looked for", async () => {
    const options = interrogatorConfig.options(
      interrogatorConfig.env.parse({ INTERROGATOR_LISTS: join(folder, "no") }),
    );
    const parts = { embedder: createLetterEmbedder(), base: describeCaptioner, stores: memoryStores() };
    const captioner = await openInterrogator(options, parts);
    expect(await captioner.isAvailable()).toMatchObject({
      available: false,
      message: expect.stringMatching(/^INTERROGATOR_LISTS: .* has no mediums\.txt, no artists\.txt/),
    });
    await writeFile(join(folder, "flavors.txt"), `fine\n${"x".repeat(201)}`);
    await expect(readLists(folder)).rejects.toMatchObject({
      code: "bad-interrogator-lists",
      message: expect.stringContaining("line 2"),
    });
    await rm(join(folder, "flavors.txt"));
  });
});
