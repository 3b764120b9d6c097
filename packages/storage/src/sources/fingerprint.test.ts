import { cp, mkdir, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Source } from "@loramill/contracts";
import { expect, it } from "vitest";
import { makeZip } from "../../test/archives.ts";
import { temporaryFolder, temporaryStores } from "../../test/read-source.ts";
import { fingerprintSources } from "./fingerprint.ts";
import { defaultSourceLimits, type SourceLimits } from "./source-config.ts";

const fingerprint = async (sources: readonly Source[], limits: Partial<SourceLimits> = {}) =>
  fingerprintSources(sources, { limits: { ...defaultSourceLimits, ...limits }, stores: await temporaryStores() });

async function pictures(): Promise<string> {
  const folder = join(await temporaryFolder(), "pictures");
  await mkdir(join(folder, "sub"), { recursive: true });
  for (const name of ["a.jpg", "b.jpg", "sub/c.jpg"]) await writeFile(join(folder, name), name);
  return folder;
}

it("knows a folder again wherever it lies, by its content", async () => {
  const path = await pictures();
  const first = await fingerprint([{ type: "folder", path }]);
  expect(first).toMatchObject({ items: 3, bytes: 19, mode: "content" });
  const elsewhere = join(await temporaryFolder(), "copied");
  await cp(path, elsewhere, { recursive: true });
  await utimes(join(elsewhere, "a.jpg"), 1, 1);
  await writeFile(join(elsewhere, ".DS_Store"), "junk");
  expect(await fingerprint([{ type: "folder", path: elsewhere }])).toEqual(first);
  for (const fingerprintConcurrency of [1, 2, 16]) {
    expect(await fingerprint([{ type: "folder", path }], { fingerprintConcurrency })).toEqual(first);
  }
});

it("notices another byte, another name and another file", async () => {
  const path = await pictures();
  const digests = new Set<string>();
  const look = async () => digests.add((await fingerprint([{ type: "folder", path }])).digest);
  await look();
  await writeFile(join(path, "a.jpg"), "A.jpg");
  await look();
  await rename(join(path, "b.jpg"), join(path, "b2.jpg"));
  await look();
  await writeFile(join(path, "d.jpg"), "");
  await look();
  expect(digests.size).toBe(4);
});

it("looks only at sizes and times where there is too much to read", async () => {
  const path = await pictures();
  const limits = { fingerprintContentMaxBytes: 10 };
  for (const name of ["a.jpg", "b.jpg", "sub/c.jpg"]) await utimes(join(path, name), 1000, 1000);
  const first = await fingerprint([{ type: "folder", path }], limits);
  expect(first.mode).toBe("stat");
  await writeFile(join(path, "a.jpg"), "A.jpg");
  await utimes(join(path, "a.jpg"), 1000, 1000);
  expect(await fingerprint([{ type: "folder", path }], limits)).toEqual(first);
  await utimes(join(path, "a.jpg"), 1001, 1001);
  expect((await fingerprint([{ type: "folder", path }], limits)).digest).not.toBe(first.digest);
});

it("takes an archive by its bytes, an upload by its listing, and sources in their order", async () => {
  const folder = await temporaryFolder();
  const [one, two] = [join(folder, "1.zip"), join(folder, "2.zip")];
  await writeFile(one, makeZip([{ name: "a", content: "a" }]));
  await writeFile(two, makeZip([{ name: "a", content: "a" }]));
  const first = await fingerprint([{ type: "archive", path: one }]);
  expect(first).toMatchObject({ items: null, mode: "content" });
  expect(await fingerprint([{ type: "archive", path: two }])).toEqual(first);
  const path = await pictures();
  const mixed = await fingerprint([
    { type: "archive", path: one },
    { type: "folder", path },
  ]);
  expect(mixed.items).toBeNull();
  const turned = await fingerprint([
    { type: "folder", path },
    { type: "archive", path: one },
  ]);
  expect(turned.digest).not.toBe(mixed.digest);
  await expect(fingerprint([{ type: "archive", path: join(folder, "none.zip") }])).rejects.toMatchObject({
    code: "source-missing",
  });
});
