import { createHash } from "node:crypto";
import { type DatasetLayout, sha256Hex } from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { annotationLimitBytes, readAnnotations } from "./annotations/read-annotations.ts";
import { exportFiles } from "./export-files.ts";
import type { ExportItem, ExportSettings } from "./export-item.ts";
import { exportLayouts } from "./layouts/index.ts";
import { packFiles } from "./pack.ts";

const layouts = Object.keys(exportLayouts) as DatasetLayout[];
const settings: ExportSettings = { name: "my toys", className: "toy", resolution: 512, buckets: true };

const bytesOf = (path: string) => new TextEncoder().encode(`the picture ${path}`);
function item(path: string, caption: string | null, repeats = 1): ExportItem {
  const bytes = bytesOf(path);
  const blob = { sha256: sha256Hex(bytes), bytes: bytes.length, mediaType: "image/png" };
  return { path, blob, width: 512, height: 384, caption, repeats };
}

const items = [
  item("dogs/IMG 1.jpg", "sks dog, on grass"),
  item("dogs/IMG_1.png", 'a "quoted" caption, with a comma'),
  item("dogs/rex.v2.webp", "Rex – on a sofa", 4),
  item("cats/ÄÖ.png", "a cat", 4),
  item("猫.png", "a cat with no Latin letter"),
];

/** What an import would know of an export: by blob, the caption and the repeats. */
function readBack(layout: DatasetLayout, given: readonly ExportItem[]) {
  const files = [...exportFiles(layout, given, settings).files];
  const pictures = files.flatMap((file) => ("blob" in file ? [file] : []));
  const texts = files.flatMap((file) =>
    "text" in file ? [{ path: file.path, bytes: new TextEncoder().encode(file.text) }] : [],
  );
  expect(texts.every(({ path, bytes }) => bytes.length <= (annotationLimitBytes(path) ?? -1))).toBe(true);
  const { found, refused } = readAnnotations(
    pictures.map(({ path }) => path),
    texts,
  );
  const known = pictures.map(({ path, blob }) => {
    const { caption, repeats = 1 } = found.get(path) ?? {};
    return [blob.sha256, caption?.text ?? null, repeats];
  });
  return { known, refused };
}

describe.each(layouts)("the layout %s", (layout) => {
  const carriesRepeats = !["replicate", "comfyui"].includes(layout);

  it("says of every picture what the dataset says, when it is read again", () => {
    const { known, refused } = readBack(layout, items);
    expect(refused).toEqual([]);
    const expected = items.map(({ blob, caption, repeats }) => [blob.sha256, caption, carriesRepeats ? repeats : 1]);
    expect(known.sort()).toEqual(expected.sort());
  });

  it("keeps pictures without a caption bare, but for class tokens that it cannot do without, and warns of that", () => {
    const bare = [item("a.png", null), item("b.png", "a toy")];
    const { known } = readBack(layout, bare);
    const said = layout === "kohya" ? "toy" : null;
    expect(known.map(([, caption]) => caption)).toEqual([said, "a toy"]);
    expect(exportFiles(layout, bare, settings).warnings).toHaveLength(["kohya", "musubi"].includes(layout) ? 1 : 0);
  });

  it("gives every picture a name of its own, safe on every file system", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 40 });
    const paths = fc.uniqueArray(text, { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(paths, (given) => {
        const files = [
          ...exportFiles(
            layout,
            given.map((path) => item(`${path}.png`, "a thing")),
            settings,
          ).files,
        ];
        const names = files.map(({ path }) => path.toLowerCase());
        expect(new Set(names).size).toBe(names.length);
        expect(names.filter((name) => !/^[a-z0-9_ -]*\/?[a-z0-9_-]*[a-z0-9_.-]+$/.test(name))).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it("warns of what it cannot say", () => {
    const { warnings } = exportFiles(layout, items, settings);
    expect(warnings.length).toBe(carriesRepeats ? 0 : 1);
  });

  it.each(["tar", "zip"] as const)("is packed as %s to the same bytes in every time zone", async (kind) => {
    const before = process.env.TZ;
    const digests = new Set<string>();
    for (const zone of ["UTC", "Asia/Kathmandu", "America/St_Johns"]) {
      process.env.TZ = zone;
      digests.add(await digestOfPack(kind, layout));
    }
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
    expect(digests.size).toBe(1);
  });
});

async function digestOfPack(kind: "tar" | "zip", layout: DatasetLayout): Promise<string> {
  const blobs = new Map(items.map(({ path, blob }) => [blob.sha256, bytesOf(path)]));
  const hash = createHash("sha256");
  const open = async function* ({ sha256 }: { sha256: string }) {
    const bytes = blobs.get(sha256) as Uint8Array;
    yield bytes.subarray(0, 3);
    yield bytes.subarray(3);
  };
  for await (const chunk of packFiles(kind, exportFiles(layout, items, settings).files, { open })) hash.update(chunk);
  return hash.digest("hex");
}

it.each(["tar", "zip"] as const)("is the same %s whenever it is made", async (kind) => {
  const first = await digestOfPack(kind, "kohya");
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2031-05-06T07:08:09Z") });
  try {
    expect(await digestOfPack(kind, "kohya")).toBe(first);
  } finally {
    vi.useRealTimers();
  }
});

it.each(["tar", "zip"] as const)("fails as a stream when a blob of a %s is not what it should be", async (kind) => {
  const read = async (open: () => AsyncIterable<Uint8Array>) => {
    for await (const _ of packFiles(kind, exportFiles("replicate", items, settings).files, { open }));
  };
  const short = async function* () {
    yield new Uint8Array(1);
  };
  const missing = (): AsyncIterable<Uint8Array> => ({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("no such blob")) }),
  });
  await expect(read(short)).rejects.toThrow(/should have|size/i);
  await expect(read(missing)).rejects.toThrow("no such blob");
});

it.each(["tar", "zip"] as const)("lets go of each picture of a %s that it has read", async (kind) => {
  const blob = { sha256: sha256Hex("x"), bytes: 1, mediaType: "image/png" };
  const files = Array.from({ length: 40 }, (_, at) => ({ path: `${at}.png`, blob }));
  const listeners: number[] = [];
  const open = async function* () {
    listeners.push(packed.listenerCount("close"));
    yield Buffer.from("x");
  };
  const packed = packFiles(kind, files, { open });
  for await (const _ of packed);
  expect(listeners).toHaveLength(40);
  expect(Math.max(...listeners)).toBeLessThan(10);
});

it("refuses formats that trainers do not read", () => {
  const avif = { ...item("a.avif", null), blob: { sha256: "0".repeat(64), bytes: 1, mediaType: "image/avif" } };
  expect(() => exportFiles("kohya", [avif], settings)).toThrow("a.avif is image/avif");
});
