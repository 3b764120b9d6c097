import { mkdirSync, openAsBlob, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatasetView, sha256Hex } from "@loramill/contracts";
import { encodeImage } from "@loramill/imaging";
import { sharp } from "@loramill/imaging/testing";
import { createClient, type UploadFile } from "@loramill/sdk";
import { drawPicture, type FileServer, startFileServer } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createCli } from "../support/cli.ts";
import { type MillProcess, makeDataDir, startMill } from "../support/mill.ts";

const MAX_FILE_BYTES = 300_000;

const data = makeDataDir();
const at = (...path: string[]) => join(data.path, ...path);
let elsewhere: MillProcess;
let web: FileServer;
let loramill: ReturnType<typeof createCli>;

const film = async (seed: number) => {
  const frames = Array.from({ length: 20 }, (_, n) => drawPicture(100 * seed + n, { width: 96, height: 72 }).rgb);
  const raw = { width: 96, height: 72 * 20, channels: 3, pageHeight: 72 } as const;
  return sharp(Buffer.concat(frames), { raw }).gif().toBuffer();
};
const picture = (seed: number) => encodeImage(drawPicture(seed, { width: 160, height: 120 }), "png");

beforeAll(async () => {
  mkdirSync(at("toys", "more"), { recursive: true });
  for (const seed of [1, 2, 3]) {
    writeFileSync(at("toys", "more", `${seed}.png`), await picture(seed));
    writeFileSync(at("toys", "more", `${seed}.txt`), `toy ${seed}`);
  }
  writeFileSync(at("toys", "empty.png"), "");
  writeFileSync(at("film.gif"), await film(1));
  web = await startFileServer({ "/4.png": await picture(4), "/5.png": await picture(5) });
  writeFileSync(at("list.txt"), `${web.url}/4.png\n${web.url}/5.png\n`);
  elsewhere = await startMill({
    dataDir: at("elsewhere"),
    env: {
      API_LOCAL_SOURCES: "off",
      API_MAX_UPLOAD_FILE_BYTES: `${MAX_FILE_BYTES}`,
      API_MAX_UPLOAD_FILES: "50",
      SOURCE_ALLOW_HTTP: "true",
      SOURCE_ALLOW_PRIVATE_NETWORK: "true",
    },
  });
  loramill = createCli({ cwd: data.path, env: { DATA_DIR: at("here"), LORAMILL_URL: elsewhere.client.url } });
});
afterAll(async () => {
  await elsewhere?.stop();
  await web?.close();
  data.remove();
});

describe("the command line, to an API elsewhere", () => {
  const args = [
    "dataset",
    "import",
    "toys",
    "film.gif",
    "list.txt",
    "--name",
    "all",
    "--resolution",
    "64",
    "--every",
    "5",
  ];

  test("sends a folder, a video with its settings and a list of URLs, and says how far it is", async () => {
    const { code, out, err } = await loramill(...args);
    expect(code, out + err).toBe(0);
    expect(out).toMatch(/sent toys: [\d.]+ kB in 7 of 7 files\n/);
    expect(out).toMatch(/sent film\.gif: [\d.]+ kB in 1 of 1 files\n/);
    expect(out).toMatch(/sent list\.txt: \d+ B in 1 of 1 files\n/);
    const shown = await loramill("--json", "dataset", "inspect", "all", "--images");
    const { images, ...view } = JSON.parse(shown.out);
    expect(DatasetView.parse(view).statistics).toMatchObject({ found: 10, kept: 9, refused: 1 });
    expect(
      images.map(({ path, caption }: { path: string; caption: string }) => [path.split("/").at(-1), caption]),
    ).toEqual(
      expect.arrayContaining([
        ["1.png", "toy 1"],
        ["frame-000015.png", "a frame from video"],
        ["5.png", null],
      ]),
    );
    const names = images.map(({ path }: { path: string }) => path);
    expect(names).toContain("film/frame-000000.png");
  });

  test("sends nothing that is there already", async () => {
    const { code, out } = await loramill(...args);
    expect(code).toBe(0);
    expect(out).toContain("sent toys: 0 B in 0 of 7 files, the rest was there already");
    expect(out).toContain("sent film.gif: 0 B in 0 of 1 files, the rest was there already");
  });

  test("says what to do about files that are too large or too many, before anything is sent", async () => {
    writeFileSync(at("large.mov"), Buffer.alloc(MAX_FILE_BYTES + 1));
    const large = await loramill("dataset", "import", "large.mov");
    expect(large).toMatchObject({
      code: 2,
      err: expect.stringContaining("large.mov is larger than this server takes"),
    });
    mkdirSync(at("many"));
    for (let n = 0; n < 51; n++) writeFileSync(at("many", `${n}.png`), `${n}`);
    const many = await loramill("dataset", "import", "many");
    expect(many).toMatchObject({ code: 2, err: expect.stringContaining("API_MAX_UPLOAD_FILES is 50") });
    expect(many.err).toContain("send an archive");
  });
});

describe("an upload", () => {
  const files = async (seeds: readonly number[]): Promise<UploadFile[]> =>
    Promise.all(
      seeds.map(async (seed) => {
        const path = at(`up-${seed}.png`);
        writeFileSync(path, await picture(seed));
        return { path: `${seed}.png`, sha256: sha256Hex(readFileSync(path)), body: await openAsBlob(path) };
      }),
    );
  /** A client whose PUTs are counted, and answered by `answer` first where it has one. */
  function watchedClient(answer: (put: number) => Response | undefined = () => undefined) {
    const puts: string[] = [];
    const client = createClient({
      url: elsewhere.client.url,
      fetch: async (url, init) => {
        if (init?.method !== "PUT") return fetch(url, init);
        puts.push(String(url));
        const early = answer(puts.length);
        if (early) await (init.body as ReadableStream).cancel();
        return early ?? fetch(url, init);
      },
    });
    return { client, puts };
  }

  test("that broke off goes on with what is missing", async () => {
    const all = await files(Array.from({ length: 20 }, (_, n) => 200 + n));
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const first = watchedClient();
    const broken = first.client.upload(all, {
      signal: stop.signal,
      onProgress: ({ sentFiles }) => sentFiles >= 5 && stop.abort(new Error("the network is gone")),
    });
    await expect(broken).rejects.toThrow("the network is gone");
    const second = watchedClient();
    const progress: [number, number][] = [];
    const done = await second.client.upload(all, {
      onProgress: ({ sentFiles, files: toSend }) => progress.push([sentFiles, toSend]),
    });
    expect(second.puts.length).toBeLessThanOrEqual(15);
    expect(progress.at(-1)).toEqual([second.puts.length, second.puts.length]);
    expect(done).toMatchObject({ files: 20, missing: [] });
    const third = watchedClient();
    expect((await third.client.upload(all)).listing).toBe(done.listing);
    expect(third.puts).toEqual([]);
  });

  test("is tried again where the server is overloaded, and not where it refuses", async () => {
    const [one] = (await files([301])) as [UploadFile];
    const busy = watchedClient((put) => (put <= 2 ? new Response("busy", { status: 503 }) : undefined));
    await busy.client.upload([one]);
    expect(busy.puts).toHaveLength(3);
    const [two] = (await files([302])) as [UploadFile];
    const lied = watchedClient();
    const other = { ...two, sha256: sha256Hex("something else") };
    await expect(lied.client.upload([other])).rejects.toMatchObject({ problem: { code: "wrong-digest" } });
    expect(lied.puts).toHaveLength(1);
    expect((await watchedClient().client.upload([two])).missing, "nothing was stored under the wrong name").toEqual([]);
  });

  test("cannot name a path that leads out of its folder", async () => {
    const [one] = (await files([303])) as [UploadFile];
    const refused = watchedClient().client.upload([{ ...one, path: "../../up.png" }]);
    await expect(refused).rejects.toMatchObject({ problem: { code: "bad-request" } });
  });
});
