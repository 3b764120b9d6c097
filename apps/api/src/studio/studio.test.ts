import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { studioRoutes } from "../routes/studio.ts";
import { openStudio, type Studio, type StudioBuild } from "./open-studio.ts";
import { readStudio } from "./read-studio.ts";

let folder: string;
const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "studio-"));
  await mkdir(join(folder, "built/assets"), { recursive: true });
  await writeFile(join(folder, "built/index.html"), "<p>Studio</p>");
  await writeFile(join(folder, "built/assets/index-abc.js"), "0;".repeat(1_000));
  await writeFile(join(folder, "built/notes.txt"), "not a part of pages");
  await writeFile(join(folder, "secret.html"), "outside");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function serve(studio: Studio | null, storeOrigins: readonly string[] = []) {
  const server = Fastify();
  await server.register(studioRoutes(studio, storeOrigins));
  return (url: string, headers: Record<string, string> = { accept: "text/html" }) => server.inject({ url, headers });
}

const built = () => openStudio({ dir: join(folder, "built"), build: null, log });

describe("a built Studio", () => {
  test("is read whole, without what is not a page", async () => {
    const files = await readStudio(join(folder, "built"));
    expect([...files.keys()].sort()).toEqual(["assets/index-abc.js", "index.html"]);
    expect(files.get("assets/index-abc.js")?.immutable).toBe(true);
  });

  test("is refused where its folder holds none, with what to do", async () => {
    await expect(readStudio(folder)).rejects.toThrow(/has no index\.html: build the Studio with/);
    await expect(readStudio(join(folder, "none"))).rejects.toMatchObject({ code: "no-studio" });
  });

  test("answers pages at every address, to those who ask for HTML", async () => {
    const ask = await serve(await built());
    for (const url of ["/", "/runs", "/runs/run_1/more?tab=a"])
      expect((await ask(url)).body, url).toBe("<p>Studio</p>");
    expect((await ask("/runs", { accept: "application/json" })).statusCode).toBe(404);
    expect((await ask("/", {})).statusCode).toBe(200);
  });

  test("leads nowhere else", async () => {
    const ask = await serve(await built());
    for (const url of [
      "/../secret.html",
      "/%2e%2e/secret.html",
      "/assets/..%2f..%2fsecret.html",
      "/v1/runs",
      "/notes.txt",
    ])
      expect((await ask(url)).statusCode, url).toBe(404);
  });

  test("lets pictures come from the store, and scripts from here alone", async () => {
    const ask = await serve(await built(), ["https://bucket.s3.example"]);
    const policy = `${(await ask("/")).headers["content-security-policy"]}`;
    expect(policy).toContain("img-src 'self' https://bucket.s3.example blob: data:");
    expect(policy).toContain("script-src 'self';");
  });
});

describe("a Studio that has to be built", () => {
  const build = (run: StudioBuild["run"]): StudioBuild => ({ isThere: false, run });

  test("says so until it is there", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const studio = await openStudio({ dir: null, build: build(() => promise), log });
    const ask = await serve(studio);
    const early = await ask("/runs");
    expect([early.statusCode, early.headers["retry-after"]]).toEqual([503, "2"]);
    expect(early.body).toContain("is being built");
    resolve(join(folder, "built"));
    await expect.poll(async () => (await ask("/runs")).statusCode, { timeout: 10_000 }).toBe(200);
  });

  test("says what to do where that failed, and the rest works", async () => {
    const studio = await openStudio({ dir: null, build: build(() => Promise.reject(new Error("no vite"))), log });
    const ask = await serve(studio);
    await expect.poll(async () => (await ask("/")).body, { timeout: 10_000 }).toContain("could not be built");
    expect((await ask("/v1/runs")).statusCode).toBe(404);
  });
});

test("without a Studio there is nothing at /", async () => {
  expect(await openStudio({ dir: "off", build: null, log })).toBeNull();
  expect((await (await serve(null))("/")).statusCode).toBe(404);
});
