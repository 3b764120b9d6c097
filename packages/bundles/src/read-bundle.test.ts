import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { sha256Hex } from "@loramill/contracts";
import fc from "fast-check";
import { extract } from "tar-stream";
import { describe, expect, it } from "vitest";
import { type BundleEntry, type BundleManifest, makeManifest, manifestBytes } from "./manifest.ts";
import { type BundleLimits, openBundle } from "./read-bundle.ts";
import { headerBlock, paddingOf } from "./tar-block.ts";
import { bundleBytes, writeBundle } from "./write-bundle.ts";

const limits: BundleLimits = { maxBytes: 1e9, maxManifestBytes: 1e6 };
const facts = { kind: "run", name: "dog", writtenBy: "loramill 0.1.0", without: [] } as const;

/** Of these texts: a record, documents and blobs, of lengths around the size of a block. */
function bundleOf(texts: readonly string[], given: Partial<typeof facts> = {}) {
  const bodies = new Map<string, Buffer>();
  const add = (path: string, body: Buffer): BundleEntry => {
    bodies.set(path, body);
    return { path, bytes: body.byteLength, sha256: sha256Hex(body) };
  };
  const entries = new Map<string, BundleEntry>();
  for (const text of texts) {
    const body = Buffer.from(text);
    const digest = sha256Hex(body);
    entries.set(digest, add(text.length % 2 ? `blobs/${digest}` : `documents/lora/${digest}.json`, body));
  }
  const manifest = makeManifest({
    ...{ ...facts, ...given, without: [] },
    entries: [...entries.values(), add("README.txt", Buffer.from("read me\n"))],
  });
  const write = () => writeBundle(manifest, ({ path }) => [bodies.get(path) ?? Buffer.alloc(0)]);
  return { manifest, bodies, write, bytes: () => buffer(Readable.from(write())) };
}

async function readAll(archive: Uint8Array, chunk = 64 * 1024, some: Partial<BundleLimits> = {}) {
  const chunks = async function* () {
    for (let at = 0; at < archive.length; at += chunk) yield archive.subarray(at, at + chunk);
  };
  const bundle = await openBundle(chunks(), { ...limits, ...some });
  const bodies = new Map<string, Buffer>();
  for await (const { entry, body } of bundle.entries) bodies.set(entry.path, await buffer(Readable.from(body)));
  return { ...bundle, bodies };
}

const refused = expect.objectContaining({ code: "bad-bundle" });
const texts = ["a", "", "documents", "x".repeat(511), "y".repeat(512), "z".repeat(1025)];

describe("a bundle", () => {
  it("has the same bytes whenever it is written, of which its manifest knows the number", async () => {
    const { write, manifest, bytes } = bundleOf(texts);
    const once = await bytes();
    expect(once.equals(await bytes())).toBe(true);
    expect(once.byteLength).toBe(bundleBytes(manifest));
    expect((await Array.fromAsync(write())).length).toBeGreaterThan(10);
  });

  it("is read back as it was written, however its bytes come", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 1200 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 3000 }),
        async (some, chunk) => {
          const { manifest, bodies, bytes } = bundleOf(some);
          const back = await readAll(await bytes(), chunk);
          expect(back.manifest).toEqual(manifest);
          expect(back.bodies).toEqual(bodies);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("is a tar that other programs read", async () => {
    const { bodies, bytes } = bundleOf(texts);
    const tar = extract();
    Readable.from([await bytes()]).pipe(tar);
    const seen = new Map<string, Buffer>();
    for await (const entry of tar) seen.set(entry.header.name, await buffer(Readable.from(entry)));
    seen.delete("manifest.json");
    expect(seen).toEqual(bodies);
  });

  it("is refused when any bit of it is another", async () => {
    const archive = await bundleOf(texts).bytes();
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), fc.nat(7), async (at, bit) => {
        const flipped = Buffer.from(archive);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        await expect(readAll(flipped)).rejects.toMatchObject({ name: "UserError" });
      }),
      { numRuns: 600 },
    );
  });

  it("is refused wherever it is cut off, and when anything follows it", async () => {
    const archive = await bundleOf(texts).bytes();
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), async (length) => {
        await expect(readAll(archive.subarray(0, length))).rejects.toEqual(refused);
      }),
      { numRuns: 200 },
    );
    await expect(readAll(Buffer.concat([archive, Buffer.from([0])]))).rejects.toThrow("goes on behind its end");
  });

  it("is refused before anything large of it is read", async () => {
    const archive = await bundleOf(texts).bytes();
    await expect(readAll(archive, 512, { maxBytes: archive.length - 1 })).rejects.toMatchObject({ code: "too-large" });
    await expect(readAll(archive, 512, { maxManifestBytes: 100 })).rejects.toMatchObject({ code: "too-large" });
  });
});

/** What somebody would write who does not keep to the format: any manifest, and entries that it does not have. */
function forged(manifest: unknown, entries: readonly { header: Buffer; body: string }[]): Buffer {
  const head = Buffer.from(typeof manifest === "string" ? manifest : manifestBytes(manifest as BundleManifest));
  const pad = (bytes: number) => Buffer.alloc(paddingOf(bytes));
  const framed = entries.map(({ header, body }) => Buffer.concat([header, Buffer.from(body), pad(body.length)]));
  return Buffer.concat([
    headerBlock("manifest.json", head.length),
    head,
    pad(head.length),
    ...framed,
    Buffer.alloc(1024),
  ]);
}

describe("a hostile archive", () => {
  const body = "read me\n";
  const entry = { path: "README.txt", bytes: body.length, sha256: sha256Hex(body) };

  it.each([
    ["a path out of the archive", { ...entry, path: "../../etc/passwd" }],
    ["an absolute path", { ...entry, path: "/etc/passwd" }],
    ["a path of nobody", { ...entry, path: "documents/lora/x.json" }],
    ["a blob under the name of another", { ...entry, path: `blobs/${"0".repeat(64)}` }],
  ])("is refused for %s in its manifest", async (_, wrong) => {
    const manifest = makeManifest({ ...facts, without: [], entries: [wrong] });
    await expect(readAll(forged(manifest, [{ header: headerBlock("README.txt", body.length), body }]))).rejects.toEqual(
      refused,
    );
  });

  it.each([
    ["link", "2"],
    ["hard link", "1"],
    ["device", "3"],
    ["long name", "L"],
  ])("is refused for a %s", async (_, type) => {
    const header = headerBlock("README.txt", body.length);
    header.write(type, 156);
    const manifest = makeManifest({ ...facts, without: [], entries: [entry] });
    await expect(readAll(forged(manifest, [{ header, body }]))).rejects.toEqual(refused);
  });

  it("is refused for what its manifest does not have, has twice, or has in another order", async () => {
    const header = headerBlock("README.txt", body.length);
    const only = makeManifest({ ...facts, without: [], entries: [entry] });
    await expect(
      readAll(
        forged(only, [
          { header, body },
          { header, body },
        ]),
      ),
    ).rejects.toEqual(refused);
    expect(() => makeManifest({ ...facts, without: [], entries: [entry, entry] })).toThrow("once");
    const { digest: _, ...rest } = only;
    await expect(
      readAll(forged({ ...rest, entries: [entry, entry], digest: only.digest }, [{ header, body }])),
    ).rejects.toEqual(refused);
  });

  it.each([
    ["empty", ""],
    ["no JSON", "{"],
    ["no manifest", "[]"],
    ["white space", ` ${manifestBytes(makeManifest({ ...facts, without: [], entries: [] }))}`],
  ])("is refused for a manifest that is %s", async (_, text) => {
    await expect(readAll(forged(text, []))).rejects.toEqual(refused);
  });

  it("is told apart from one of a later program, and from a compressed one", async () => {
    await expect(readAll(forged('{"format":"loramill-bundle/2"}', []))).rejects.toMatchObject({
      code: "unknown-bundle",
    });
    await expect(readAll(Buffer.concat([Buffer.from("1f8b0800", "hex"), Buffer.alloc(600)]))).rejects.toThrow(
      "compressed",
    );
  });

  it("cannot say that a small file is a large one: its size is that of the manifest", async () => {
    const claimed = makeManifest({ ...facts, without: [], entries: [{ ...entry, bytes: 2 ** 40 }] });
    expect(bundleBytes(claimed)).toBeGreaterThan(2 ** 40);
    await expect(
      readAll(forged(claimed, [{ header: headerBlock("README.txt", 2 ** 40), body }])),
    ).rejects.toMatchObject({
      code: "too-large",
    });
  });
});
