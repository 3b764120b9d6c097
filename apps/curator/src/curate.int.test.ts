import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { Parked, prepareImagesJob, RunSpec, type Source, type UserError } from "@loramill/contracts";
import { encodeImage } from "@loramill/imaging";
import {
  blurPicture,
  createColourFaceFinder,
  drawFaces,
  drawPicture,
  fakeJobContext,
  scalePicture,
} from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { type CuratorUnderTest, curate, openCurator } from "../test/curate.ts";
import { assembleDataset } from "./assemble-dataset.ts";
import { indexSource } from "./index-source.ts";
import { prepareImages } from "./prepare-images.ts";

const opened: CuratorUnderTest[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

const picture = (seed: number) => drawPicture(seed, { width: 160, height: 120 });
const png = (seed: number) => encodeImage(picture(seed), "png");

/** A curator and a folder of files for it. */
async function withFiles(files: Readonly<Record<string, Uint8Array | string>>) {
  const curator = await openCurator();
  opened.push(curator);
  const path = join(curator.folder, "pictures");
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(path, name, ".."), { recursive: true });
    await writeFile(join(path, name), content);
  }
  const source: Source = { type: "folder", path };
  return { curator, path, source };
}

const numbered = async (count: number) =>
  Object.fromEntries(
    await Promise.all(
      Array.from({ length: count }, async (_, n) => [`img-${String(n).padStart(3, "0")}.png`, await png(n)]),
    ),
  ) as Record<string, Uint8Array>;

/** A zip of stored and deflated entries; sizes may lie. */
function zip(entries: readonly { name: string; content: Uint8Array; deflate?: boolean }[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content, deflate = false } of entries) {
    const packed = deflate ? deflateRawSync(content) : Buffer.from(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x800, 2);
    fields.writeUInt16LE(deflate ? 8 : 0, 4);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const head = Buffer.concat([Buffer.from("PK\x03\x04"), fields, Buffer.from(name)]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\0"), fields, tail, Buffer.from(name)]));
    local.push(head, packed);
    offset += head.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...local, directory, Buffer.from("PK\x05\x06"), end]);
}

describe("the curator", () => {
  it("turns a folder into a dataset in parts, in the order of the names, with the captions beside the pictures", async () => {
    const { curator, source } = await withFiles({
      ...(await numbered(130)),
      "img-003.txt": "a dog",
      "img-007.txt": "two dogs",
    });
    const { manifest, images, output, index, prepared, contexts } = await curate(curator, { sources: [source] });
    expect(index).toMatchObject({ shape: "parts", items: 130, summary: { pictures: 130, captions: 2, refused: 0 } });
    expect(prepared.map(({ items }) => items)).toEqual([64, 64, 2]);
    expect(output).toMatchObject({ shape: "parts", items: 130 });
    expect(manifest.parts).toHaveLength(3);
    expect(images.map(({ path }) => path)).toEqual(images.map(({ path }) => path).sort());
    expect(images[3]?.caption).toEqual({ text: "a dog", origin: "img-003.txt" });
    expect(manifest.statistics).toMatchObject({
      found: 130,
      kept: 130,
      captions: { existing: 2 },
      sizes: { "64x64": 130 },
      formats: { png: 130 },
    });
    const bytes = await curator.stores.blobs.read(images[0]?.prepared.blob as never);
    expect(bytes.length).toBe(images[0]?.prepared.blob.bytes);
    const rows = contexts.prepare.flatMap(({ said }) =>
      said.records.flatMap((row) => (row.kind === "images" ? row.images : [])),
    );
    expect(rows).toHaveLength(130);
    expect(contexts.assemble.said.records).toEqual([
      expect.objectContaining({ kind: "dataset", digest: output.digest, images: 130 }),
    ]);
  });

  it("names every file that it leaves out, with the reason, and goes on", async () => {
    const good = await png(1);
    const { curator, path, source } = await withFiles({
      "good-1.png": good,
      "good-2.jpg": await encodeImage(picture(2), "jpeg"),
      "misnamed.jpg": await png(3),
      "empty.png": "",
      "text.jpg": "not a picture",
      "cut.png": good.subarray(0, good.length / 2),
      "notes.pdf": "%PDF-1.4",
      "drawing.svg": '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
      "copy/of-1.png": good,
      "blurred.png": await encodeImage(blurPicture(picture(4), 4), "png"),
      "tiny.png": await encodeImage(scalePicture(picture(5), 0.1), "png"),
      "orphan.txt": "no picture has this name",
    });
    await symlink("/etc/passwd", join(path, "link.png"));
    const { manifest, images, output } = await curate(curator, { sources: [source] });
    expect(images.map((image) => [image.path, image.format])).toEqual([
      ["good-1.png", "png"],
      ["good-2.jpg", "jpeg"],
      ["misnamed.jpg", "png"],
    ]);
    const left = [...manifest.refused, ...manifest.dropped].map((one) => [one.path, one.code]).sort();
    expect(left.filter(([name]) => name !== "link.png")).toEqual([
      ["blurred.png", "blurred"],
      ["copy/of-1.png", "duplicate-exact"],
      ["cut.png", "truncated-image"],
      ["drawing.svg", "unsupported-format"],
      ["empty.png", "empty-file"],
      ["notes.pdf", "not-an-image"],
      ["orphan.txt", "caption-without-image"],
      ["text.jpg", "not-an-image"],
      ["tiny.png", "too-small"],
    ]);
    expect(left.map(([name]) => name)).toContain("link.png");
    expect(manifest.dropped.find(({ code }) => code === "duplicate-exact")?.keptInstead).toBe("good-1.png");
    const report = await curator.stores.blobs.read({ sha256: output.summary.report as string });
    const html = new TextDecoder().decode(report);
    for (const [name] of left) expect(html).toContain(name);
    expect(html).toMatch(/Named as something else than they are.*misnamed\.jpg<\/td><td>png/s);
    expect(html).not.toMatch(/(?:src|href)="(?!data:)/);
    for (const { message } of [...manifest.refused, ...manifest.dropped]) expect(message).toMatch(/\w+ \w+/);
    expect(manifest.statistics.found).toBe(3 + left.length);
  });

  const isRoot = process.getuid?.() === 0;
  if (isRoot) console.warn("SKIPPED: files that may not be read, because root may read everything");
  it.skipIf(isRoot)("names files that it may not read", async () => {
    const { curator, path, source } = await withFiles({ "a.png": await png(1), "locked.png": await png(2) });
    await chmod(join(path, "locked.png"), 0);
    const { manifest } = await curate(curator, { sources: [source] });
    expect(manifest.refused.map(({ path: name }) => name)).toEqual(["locked.png"]);
  });

  it("reads several sources side by side, archives among them, and refuses what would leave one", async () => {
    const { curator, source } = await withFiles({ "same.png": await png(1) });
    const archive = join(curator.folder, "more.zip");
    await writeFile(
      archive,
      zip([
        { name: "same.png", content: await png(2) },
        { name: "deep/other.png", content: await png(3), deflate: true },
        { name: "deep/other.txt", content: Buffer.from("from the archive"), deflate: true },
        { name: "../escape.png", content: await png(4) },
      ]),
    );
    const { manifest, images } = await curate(curator, { sources: [source, { type: "archive", path: archive }] });
    expect(images.map(({ path, caption }) => [path, caption?.text])).toEqual([
      ["pictures/same.png", undefined],
      ["more/same.png", undefined],
      ["more/deep/other.png", "from the archive"],
    ]);
    expect(manifest.refused).toMatchObject([{ code: "unsafe-path" }]);
  });

  it("streams large pictures into the store, and takes a smaller limit for what it is", async () => {
    const noise = { width: 800, height: 700, rgb: new Uint8Array(randomBytes(800 * 700 * 3)) };
    const large = await encodeImage(noise, "png");
    expect(large.length).toBeGreaterThan(1024 * 1024);
    const { curator, source } = await withFiles({ "large.png": large, "small.png": await png(1) });
    const { images } = await curate(curator, { sources: [source] });
    expect(images.map(({ path, original }) => [path, original.bytes])).toEqual([
      ["large.png", large.length],
      ["small.png", (await png(1)).length],
    ]);
    expect(Buffer.compare(await curator.stores.blobs.read(images[0]?.original as never), large)).toBe(0);
    const limited = {
      ...curator,
      deps: { ...curator.deps, images: { ...curator.deps.images, maxBytes: 1024 * 1024 } },
    };
    const { manifest } = await curate(limited, { sources: [source] });
    expect(manifest.refused).toMatchObject([{ path: "large.png", code: "file-too-large" }]);
  });

  it("reads what was uploaded before, captions included", async () => {
    const { curator } = await withFiles({ x: "" });
    const { blobs, documents } = curator.stores;
    const item = async (path: string, content: Uint8Array) => ({
      path,
      blob: await blobs.put(content, { mediaType: "application/octet-stream" }),
    });
    const part = await documents.put("source", {
      items: [
        await item("a.png", await png(1)),
        { ...(await item("b.png", await png(2))), caption: { text: "known", origin: "client" } },
        await item("a.txt", Buffer.from("beside it")),
        await item("junk.png", Buffer.from("nothing")),
      ],
      refused: [],
    });
    const listing = await documents.put("parts", { parts: [part] });
    const { images, manifest } = await curate(curator, { sources: [{ type: "upload", listing }] });
    expect(images.map(({ path, caption, original }) => [path, caption?.text, original.mediaType])).toEqual([
      ["a.png", "beside it", "image/png"],
      ["b.png", "known", "image/png"],
    ]);
    expect(manifest.refused.map(({ path, code }) => [path, code])).toEqual([["junk.png", "not-an-image"]]);
  });

  it("gives equal digests for equal pictures, and does nothing twice", async () => {
    const { curator, source } = await withFiles(await numbered(6));
    const first = await curate(curator, { sources: [source] });
    const second = await curate(curator, { sources: [source] });
    expect(second.output).toEqual(first.output);
    expect(first.prepared.map(({ summary }) => summary.remembered)).toEqual([0]);
    expect(second.prepared.map(({ summary }) => summary.remembered)).toEqual([6]);
    const other = await curate(curator, { sources: [source] }, { resolution: 96 });
    expect(other.prepared.map(({ summary }) => summary.remembered)).toEqual([0]);
  });

  it("goes on after it was cancelled in the middle, with what was done", async () => {
    const { curator, source } = await withFiles(await numbered(20));
    const index = await indexSource({ params: { sources: [source] } }, curator.deps, fakeJobContext());
    const { parts } = await curator.stores.documents.get("parts", index.digest);
    const input = prepareImagesJob.input.parse({
      part: parts[0],
      params: { resolution: 64, crop: "attention", bucketStep: 64, upscale: true, format: "png" },
    });
    const stopped = fakeJobContext();
    const progress = stopped.progress;
    let seen = 0;
    const cancelling = {
      ...stopped,
      progress: (details: Parameters<typeof progress>[0]) => {
        progress(details);
        seen += 1;
        if (seen === 8) stopped.cancel();
      },
    };
    await expect(prepareImages(input, curator.deps, cancelling)).rejects.toMatchObject({ code: "cancelled" });
    expect(stopped.said.records).toEqual([]);
    const again = await prepareImages(input, curator.deps, fakeJobContext());
    expect(again).not.toBeInstanceOf(Parked);
    expect(again.items).toBe(20);
    expect(again.summary.remembered).toBeGreaterThanOrEqual(8);
  });

  it("prepares a picture again whose prepared form was lost from the store", async () => {
    const { curator, source } = await withFiles(await numbered(3));
    const { images } = await curate(curator, { sources: [source] });
    const lost = images[1]?.prepared.blob.sha256 as string;
    await curator.stores.objects.delete(`blobs/${lost}`);
    const again = await curate(curator, { sources: [source] });
    expect(again.prepared[0]?.summary.remembered).toBe(2);
    expect(await curator.stores.blobs.has(lost)).toBe(true);
  });

  it("warns of a small dataset with the number, and blocks a training that would have no caption", async () => {
    const { curator, source } = await withFiles(await numbered(5));
    const { manifest, contexts } = await curate(curator, { sources: [source] });
    const message = "5 images, fewer than the 10 recommended";
    expect(manifest.gates).toContainEqual({ gate: "min-images", verdict: "warn", message });
    expect(contexts.assemble.said.events).toContainEqual({
      type: "dataset.warning",
      data: { code: "min-images", message },
    });
    await expect(curate(curator, { sources: [source] }, { willCaption: false })).rejects.toMatchObject({
      errorClass: "user",
      code: "gate-blocked",
      message: expect.stringContaining("0 captions and a training would start"),
    });
    const blocked: unknown = await curate(curator, { sources: [source] }, { willCaption: false }).catch(
      (error) => error,
    );
    const sha256 = (blocked as UserError).details.report as string;
    const page = new TextDecoder().decode(await curator.stores.blobs.read({ sha256 }));
    expect(page).toMatch(/Blocked<\/b>0 captions and a training would start/);
    const gates = { onNoCaptions: "ignore" } as const;
    const ignored = await curate(curator, { sources: [source], gates }, { willCaption: false });
    expect(ignored.output.items).toBe(5);
  });

  it("keeps, or keeps and warns of, what the cleaning settings say", async () => {
    const { curator, source } = await withFiles({
      "a.png": await png(1),
      "a-copy.png": await png(1),
      "a-smaller.png": await encodeImage(scalePicture(picture(1), 0.8), "png"),
      "blurred.png": await encodeImage(blurPicture(picture(2), 4), "png"),
    });
    const cleaning = { exactDuplicates: "keep", nearDuplicates: "warn", blurred: "warn" } as const;
    const { manifest, contexts } = await curate(curator, { sources: [source], cleaning });
    expect(manifest.dropped).toEqual([]);
    const warned = contexts.assemble.said.events.map(({ data }) => [data.code, data.paths]);
    expect(warned).toContainEqual(["blurred", ["blurred.png"]]);
    expect(warned).toContainEqual(["duplicate-near", ["a-smaller.png"]]);
  });

  it("cuts and judges by faces when asked to, and looks for them once", async () => {
    const wide = (seed: number, lefts: readonly number[]) => {
      const drawn = drawPicture(seed, { width: 480, height: 160 });
      const boxes = lefts.map((left) => ({ left, top: 60, width: 40, height: 40 }));
      return encodeImage(drawFaces(drawn, boxes), "png");
    };
    const files = {
      "one.png": await wide(1, [430]),
      "two.png": await wide(2, [20, 100]),
      "none.png": await wide(3, []),
    };
    const { curator, source } = await withFiles(files);
    const faceFinder = createColourFaceFinder();
    const looking = { ...curator, deps: { ...curator.deps, faceFinder } };
    const given = { sources: [source], prepare: { crop: "faces" }, cleaning: { faces: "one" } } as const;
    const first = await curate(looking, { ...given, sources: [source] });
    expect(first.images.map(({ path }) => path)).toEqual(["one.png"]);
    expect(first.images[0]?.faces).toMatchObject([{ score: 0.9 }]);
    expect(first.images[0]?.prepared.crop).toEqual({ left: 320, top: 0, width: 160, height: 160 });
    expect(first.manifest.dropped.map(({ path, code, message }) => [path, code, message])).toEqual([
      ["none.png", "faces", "it shows no face, exactly one is asked for"],
      ["two.png", "faces", "it shows 2 faces, exactly one is asked for"],
    ]);
    await curate(looking, { ...given, sources: [source], cleaning: { faces: "any" } });
    expect(faceFinder.searched).toBe(3);
    await curate(looking, { sources: [source] });
    expect(faceFinder.searched).toBe(3);
  });

  it("refuses before any work where the faces that are asked for cannot be found", async () => {
    const { curator, source } = await withFiles(await numbered(2));
    const faceFinder = createColourFaceFinder({ available: false });
    const blind = { ...curator, deps: { ...curator.deps, faceFinder } };
    const run = curate(blind, { sources: [source], cleaning: { faces: "any" } });
    await expect(run).rejects.toMatchObject({
      errorClass: "user",
      code: "faces-unavailable",
      message: "the curator finds no faces: run: npm install faces",
    });
    expect(faceFinder.searched).toBe(0);
    expect((await curate(blind, { sources: [source] })).images).toHaveLength(2);
  });

  it("fails with what was found when no picture is left", async () => {
    const { curator, source } = await withFiles({ "a.jpg": "text", "b.png": "" });
    await expect(curate(curator, { sources: [source] })).rejects.toMatchObject({
      code: "no-images",
      message: expect.stringContaining("2 files were refused, the first a.jpg"),
    });
    const tiny = await withFiles({ "a.png": await encodeImage(scalePicture(picture(1), 0.1), "png") });
    await expect(curate(tiny.curator, { sources: [tiny.source] })).rejects.toMatchObject({
      code: "no-images-left",
      message: expect.stringContaining("1 too-small"),
    });
  });

  it("lists the pictures of a job that failed as not prepared", async () => {
    const { curator, source } = await withFiles(await numbered(70));
    const { manifest } = await curate(curator, { sources: [source] });
    expect(manifest.statistics.found).toBe(70);
    const index = await indexSource({ params: { sources: [source] } }, curator.deps, fakeJobContext());
    const { parts } = await curator.stores.documents.get("parts", index.digest);
    const params = { resolution: 64, crop: "attention", bucketStep: 64, upscale: true, format: "png" } as const;
    const only = await prepareImages({ part: parts[0] as string, params }, curator.deps, fakeJobContext());
    const prepare = await curator.stores.documents.put("parts", { parts: [only.digest] });
    const { dataset } = RunSpec.parse({ name: "x", dataset: { sources: [source] } });
    const output = await assembleDataset(
      {
        inputs: { prepare, source: index.digest },
        params: {
          name: "x",
          cleaning: { ...dataset.cleaning, minSidePixels: 32 },
          gates: dataset.gates,
          willCaption: true,
          willTrain: true,
        },
      },
      curator.deps,
      fakeJobContext(),
    );
    const partial = await curator.stores.documents.get("dataset", output.digest);
    expect(partial.statistics).toMatchObject({ found: 70, kept: 64, refused: 6 });
    expect(new Set(partial.refused.map(({ code }) => code))).toEqual(new Set(["not-prepared"]));
  });

  it("never touches the source", async () => {
    const { curator, path, source } = await withFiles({ "a.png": await png(1), "a.txt": "a caption" });
    await curate(curator, { sources: [source] });
    expect(Buffer.compare(await readFile(join(path, "a.png")), await png(1))).toBe(0);
    expect(await readFile(join(path, "a.txt"), "utf8")).toBe("a caption");
  });
});
