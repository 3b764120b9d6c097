import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { makeTar, makeZip } from "../../test/archives.ts";
import { readSource, temporaryStores } from "../../test/read-source.ts";
import type { OpenedStores } from "../open-stores.ts";
import { fingerprintSources } from "./fingerprint.ts";
import { defaultSourceLimits } from "./source-config.ts";

const files = [
  { name: "dogs/1.jpg", content: "one" },
  { name: "dogs/1.txt", content: "a caption" },
];

async function upload(stores: OpenedStores, items: Readonly<Record<string, Uint8Array>>) {
  const stored = await Promise.all(
    Object.entries(items).map(async ([path, bytes]) => ({
      path,
      blob: await stores.blobs.put(bytes, { mediaType: "application/octet-stream" }),
    })),
  );
  const part = await stores.documents.put("source", { items: stored, refused: [] });
  return { type: "upload" as const, listing: await stores.documents.put("parts", { parts: [part] }) };
}

test("an archive that is all of an upload is read as if it were given as a source itself", async () => {
  const stores = await temporaryStores();
  const tar = await makeTar(files);
  for (const [name, bytes] of [
    ["x.zip", makeZip(files)],
    ["x.tar.gz", gzipSync(tar)],
    ["folder/x.tar", tar],
  ] as const) {
    const seen = await readSource(await upload(stores, { [name]: bytes }), { stores });
    expect(seen, name).toEqual(["dogs/1.jpg=one", "dogs/1.txt=a caption"]);
  }
});

test("among other files, an archive becomes a folder of its name; one that cannot be read is refused and the rest goes on", async () => {
  const stores = await temporaryStores();
  const source = await upload(stores, {
    "a/b.zip": makeZip([...files, { name: "../up.jpg", content: "evil" }]),
    "broken.zip": Buffer.from("no archive at all"),
    "plain.jpg": Buffer.from("x"),
  });
  expect(await readSource(source, { stores })).toEqual([
    "a/b/dogs/1.jpg=one",
    "a/b/dogs/1.txt=a caption",
    "a/b/../up.jpg!unsafe-path",
    "broken.zip!unsupported-archive",
    expect.stringMatching(/^plain\.jpg@/),
  ]);
});

test("how many files an upload holds is not known before its archives are read", async () => {
  const stores = await temporaryStores();
  const options = { limits: defaultSourceLimits, stores };
  const plain = await upload(stores, { "1.jpg": Buffer.from("1"), "2.jpg": Buffer.from("2") });
  expect(await fingerprintSources([plain], options)).toMatchObject({ items: 2 });
  const packed = await upload(stores, { "1.jpg": Buffer.from("1"), "2.zip": makeZip(files) });
  expect(await fingerprintSources([packed], options)).toMatchObject({ items: null });
});
