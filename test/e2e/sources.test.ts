import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatasetView } from "@loramill/contracts";
import { encodeImage } from "@loramill/imaging";
import { sharp } from "@loramill/imaging/testing";
import { openStores } from "@loramill/storage";
import {
  drawPicture,
  drawSceneVideo,
  type FileServer,
  hasFfmpeg,
  type S3Server,
  startFileServer,
  startS3Server,
} from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCli } from "../support/cli.ts";
import { type MillProcess, makeDataDir, startMill, storageEnv } from "../support/mill.ts";
import { writeZip } from "../support/zip.ts";

/** Four pictures with a caption each, in every container and convention: one dataset, whatever they come in. */
const names = ["a", "b", "c", "d"];
const captionOf = (name: string) => `a toy called ${name}`;

const data = makeDataDir();
const loramill = createCli({ cwd: data.path, env: { DATA_DIR: join(data.path, "data") } });
const at = (...path: string[]) => join(data.path, ...path);
const pictures = new Map<string, Uint8Array>();
let mill: MillProcess;
let bucket: S3Server;
let web: FileServer;
let content: string | null;

beforeAll(async () => {
  for (const [seed, name] of names.entries()) {
    pictures.set(name, await encodeImage(drawPicture(seed + 1, { width: 160, height: 120 }), "png"));
  }
  write("folder", inPairs());
  [bucket, web] = await Promise.all([startS3Server(), startFileServer()]);
  const { STORAGE_URL: _, ...s3 } = storageEnv(bucket);
  const env = { ...s3, SOURCE_ALLOW_HTTP: "true", SOURCE_ALLOW_PRIVATE_NETWORK: "true" };
  mill = await startMill({ dataDir: at("data"), env });
  ({ content } = await imported("folder", at("folder")));
});
afterAll(async () => {
  await mill?.stop();
  await Promise.all([bucket?.stop(), web?.close()]);
  data.remove();
});

type Files = Readonly<Record<string, Uint8Array | string>>;

function write(folder: string, files: Files): string {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(at(folder, path)), { recursive: true });
    writeFileSync(at(folder, path), bytes);
  }
  return at(folder);
}

const picture = (name: string) => pictures.get(name) as Uint8Array;
const alone = (prefix = ""): Files => Object.fromEntries(names.map((name) => [`${prefix}${name}.png`, picture(name)]));
const inPairs = (prefix = ""): Files => ({
  ...alone(prefix),
  ...Object.fromEntries(names.map((name) => [`${prefix}${name}.txt`, captionOf(name)])),
});

async function imported(name: string, ...sources: string[]): Promise<DatasetView> {
  const run = await loramill("--json", "dataset", "import", ...sources, "--name", name, "--resolution", "64");
  expect({ name, code: run.code, err: run.code === 0 ? "" : run.err }).toEqual({ name, code: 0, err: "" });
  return DatasetView.parse(JSON.parse((await loramill("--json", "dataset", "inspect", name)).out));
}

describe("the same pictures and captions are the same dataset", () => {
  test("in a folder", async () => {
    const { statistics } = await imported("again", at("folder"));
    expect(statistics).toMatchObject({ found: 4, kept: 4, captions: { existing: 4, coverage: 1 } });
  });

  test.each([
    [
      "zip",
      (path: string) =>
        writeZip(
          path,
          Object.entries(inPairs()).map(([name, text]) => ({ name, bytes: Buffer.from(text) })),
        ),
    ],
    ["tar", (path: string) => execFileSync("tar", ["-cf", path, "-C", at("folder"), "."])],
    ["tar.gz", (path: string) => execFileSync("tar", ["-czf", path, "-C", at("folder"), "."])],
  ] as const)("in a %s", async (ending, pack) => {
    const path = at(`packed.${ending}`);
    pack(path);
    expect((await imported(ending, path)).content).toBe(content);
  });

  test("below a prefix of a bucket", async () => {
    const stores = await openStores({
      url: `s3://${bucket.bucket}`,
      s3: { endpoint: bucket.endpoint, region: bucket.region, credentials: bucket.credentials },
    });
    for (const [path, bytes] of Object.entries(inPairs("sets/toys/")))
      await stores.objects.put(path, Buffer.from(bytes));
    await stores.close();
    expect((await imported("bucket", `s3://${bucket.bucket}/sets/toys/`)).content).toBe(content);
  });

  test("on a web server, as URLs and as a manifest of them", async () => {
    const urls = Object.entries(inPairs("/toys/")).map(([path, bytes]) => {
      web.files.set(path, Buffer.from(bytes));
      return `${web.url}${path}`;
    });
    expect((await imported("urls", ...urls)).content).toBe(content);
    const rows = names.map((name) => JSON.stringify({ url: `${web.url}/toys/${name}.png`, caption: captionOf(name) }));
    write("lists", { "toys.jsonl": rows.join("\n") });
    expect((await imported("manifest", at("lists", "toys.jsonl"))).content).toBe(content);
    web.files.set("/toys.jsonl", Buffer.from(rows.join("\n")));
    expect((await imported("web-manifest", `${web.url}/toys.jsonl`)).content).toBe(content);
  });

  test("as a WebDataset of two shards", async () => {
    const facts = Object.fromEntries(
      names.map((name) => [`${name}.json`, JSON.stringify({ caption: captionOf(name) })]),
    );
    write("samples", { ...alone(), ...facts });
    mkdirSync(at("shards"));
    for (const [shard, keys] of [
      ["0", ["a", "b"]],
      ["1", ["c", "d"]],
    ] as const) {
      const files = keys.flatMap((key) => [`${key}.png`, `${key}.json`]);
      execFileSync("tar", ["-cf", at("shards", `00000${shard}.tar`), "-C", at("samples"), ...files]);
    }
    expect((await imported("webdataset", at("shards"))).content).toBe(content);
  });

  test("as an imagefolder with rows of JSON or CSV", async () => {
    const jsonl = names.map((name) => JSON.stringify({ file_name: `${name}.png`, text: captionOf(name) })).join("\n");
    const csv = ["file_name,text", ...names.map((name) => `${name}.png,"${captionOf(name)}"`)].join("\n");
    expect(
      (await imported("jsonl", write("hf-jsonl", { ...alone("train/"), "train/metadata.jsonl": jsonl }))).content,
    ).toBe(content);
    expect((await imported("csv", write("hf-csv", { ...alone("train/"), "train/metadata.csv": csv }))).content).toBe(
      content,
    );
  });

  test("as another dataset, by its name, name@digest and digest", async () => {
    const { digest } = await imported("named", at("folder"));
    for (const ref of ["named", `named@${digest.slice(0, 6)}`, digest.slice(0, 12), digest]) {
      expect((await imported("from-named", `dataset:${ref}`)).content, ref).toBe(content);
    }
    const wrong = await loramill("dataset", "import", "dataset:nmaed", "--name", "none");
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining("did you mean named?") });
  });
});

test("kohya's folders and TOML give repeats and class tokens", async () => {
  const [dog, reg] = ["img/10_sks dog", "img/2_dog"];
  const files = { [`${dog}/a.png`]: picture("a"), [`${dog}/a.txt`]: captionOf("a"), [`${reg}/b.png`]: picture("b") };
  const tree = await imported("kohya", write("kohya", files));
  expect(tree.statistics).toMatchObject({ kept: 2, shownPerEpoch: 12, captions: { existing: 2 } });
  const toml = `[[datasets]]\n[[datasets.subsets]]\nimage_dir = "/workspace/set/one"\nnum_repeats = 3\nclass_tokens = "sks cat"\n`;
  const configured = await imported(
    "toml",
    write("toml", { "one/a.png": picture("a"), "one/b.png": picture("b"), "dataset.toml": toml }),
  );
  expect(configured.statistics).toMatchObject({ kept: 2, shownPerEpoch: 6, captions: { existing: 2 } });
});

test("animations are read frame by frame", async () => {
  const frames = Buffer.concat(Array.from({ length: 25 }, (_, n) => drawPicture(n, { width: 96, height: 72 }).rgb));
  const film = sharp(frames, { raw: { width: 96, height: 72 * 25, channels: 3, pageHeight: 72 } });
  write("films", {
    "film.gif": await film.clone().gif().toBuffer(),
    "film.webp": await film.clone().webp().toBuffer(),
  });
  for (const ending of ["gif", "webp"]) {
    const { statistics } = await imported(ending, at("films", `film.${ending}`), "--every", "5");
    expect(statistics, ending).toMatchObject({ found: 5, captions: { existing: statistics.kept } });
  }
});

test.skipIf(!(await hasFfmpeg()))("films are read frame by frame", async () => {
  mkdirSync(at("films"), { recursive: true });
  for (const [ending, codec] of [
    ["mp4", "libx264"],
    ["mov", "libx264"],
    ["webm", "libvpx-vp9"],
  ] as const) {
    const path = at("films", `film.${ending}`);
    await drawSceneVideo(path, { scenes: 2, framesPerScene: 25, codec });
    expect((await imported(ending, path)).statistics, ending).toMatchObject({ found: 5 });
  }
});
