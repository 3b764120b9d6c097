import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Source } from "@loramill/contracts";
import { type FileServer, startFileServer } from "@loramill/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryFolder, temporaryStores } from "../../test/read-source.ts";
import type { OpenedStores } from "../open-stores.ts";
import { fingerprintSources } from "./fingerprint.ts";
import { openSource } from "./open-source.ts";
import { defaultSourceLimits, type SourceLimits } from "./source-config.ts";

const limits: SourceLimits = {
  ...defaultSourceLimits,
  http: { ...defaultSourceLimits.http, allowHttp: true, allowPrivateNetwork: true, attempts: 1, idleMs: 60_000 },
};

async function serve(files: Readonly<Record<string, string>>): Promise<FileServer> {
  const server = await startFileServer(files);
  onTestFinished(() => server.close());
  return server;
}

/** `path@content` of what is taken, `path!code` of what is refused, and captions behind a bar. */
async function read(source: Source, stores: OpenedStores, over: Partial<SourceLimits> = {}, stopAfter = Infinity) {
  const seen: string[] = [];
  for await (const entry of openSource(source, { limits: { ...limits, ...over }, stores })) {
    if (entry.kind === "refused") seen.push(`${entry.path}!${entry.code}`);
    else if (entry.kind === "stored") {
      const text = Buffer.from(await stores.blobs.read(entry.blob)).toString("utf8");
      seen.push(`${entry.path}@${text}${entry.caption ? `|${entry.caption.text}` : ""}`);
    }
    if (seen.length >= stopAfter) break;
  }
  return seen.map((line) => line.replace(/^127\.0\.0\.1_\d+/, "host"));
}

const fingerprint = (source: Source, stores: OpenedStores) => fingerprintSources([source], { limits, stores });

describe("a folder of a web server", () => {
  it("is listed by its index pages, read like a list, and known again until a file is added", async () => {
    const page = { kind: "headers", headers: { "content-type": "text/html" } } as const;
    const server = await serve({
      "/pics/": '<a href="a.jpg">a</a> <a href="a.txt">a</a> <a href="more/">more</a>',
      "/pics/more/": '<a href="../">up</a> <a href="b.jpg">b</a>',
      "/pics/a.jpg": "a",
      "/pics/a.txt": "a caption",
      "/pics/more/b.jpg": "b",
    });
    for (const path of ["/pics/", "/pics/more/"]) server.misbehaveAlways(path, page);
    const stores = await temporaryStores();
    const source: Source = { type: "manifest", url: `${server.url}/pics/` };
    const before = await fingerprint(source, stores);
    expect(before).toMatchObject({ items: 3, mode: "assumed" });
    expect(await read(source, stores)).toEqual([
      "host/pics/a.jpg@a",
      "host/pics/a.txt@a caption",
      "host/pics/more/b.jpg@b",
    ]);
    expect((await fingerprint(source, stores)).digest).toBe(before.digest);
    server.files.set("/pics/more/", Buffer.from('<a href="b.jpg">b</a> <a href="c.jpg">c</a>'));
    expect(await fingerprint(source, stores)).toMatchObject({ items: 4 });
  });
});

describe("a list of URLs", () => {
  it("is fetched into the store in its own order, each failure refused by its URL with the reason", async () => {
    const server = await serve({ "/b.jpg": "b", "/deep/a%20b.jpg": "a", "/a.txt": "text" });
    server.misbehave("/b.jpg", { kind: "late", afterMs: 50 });
    server.misbehaveAlways("/page", { kind: "headers", headers: { "content-type": "text/html; charset=utf-8" } });
    server.files.set("/page", Buffer.from("<html>"));
    server.files.set("/b.jpg", Buffer.from("b"));
    const at = (path: string) => server.url + path;
    const urls = [
      at("/b.jpg"),
      at("/deep/a%20b.jpg"),
      at("/none.jpg"),
      at("/page"),
      at("/b.jpg?size=2"),
      at("/b.jpg"),
      at("/a.txt"),
    ];
    const seen = await read({ type: "urls", urls }, await temporaryStores());
    expect(seen[4]).toMatch(/^host\/b-[0-9a-f]{8}\.jpg@b$/);
    expect(seen.toSpliced(4, 1)).toEqual([
      "host/b.jpg@b",
      "host/deep/a b.jpg@a",
      "host/none.jpg!http-status",
      "host/page!not-an-image",
      "host/b.jpg!duplicate-url",
      "host/a.txt@text",
    ]);
  });

  it("is not fetched twice: a second run asks for what failed alone, a third for nothing", async () => {
    const server = await serve({ "/1": "1", "/3": "3" });
    const stores = await temporaryStores();
    const source: Source = { type: "urls", urls: ["/1", "/2", "/3"].map((path) => server.url + path) };
    const before = await fingerprint(source, stores);
    expect(before).toMatchObject({ items: 3, bytes: null, mode: "assumed" });
    expect(await read(source, stores)).toEqual(["host/1@1", "host/2!http-status", "host/3@3"]);
    const again = await fingerprint(source, stores);
    expect(again.digest, "the source is read again, though its list is the same").not.toBe(before.digest);
    server.files.set("/2", Buffer.from("2"));
    const asked = server.requests.length;
    expect(await read(source, stores)).toEqual(["host/1@1", "host/2@2", "host/3@3"]);
    expect(server.requests.slice(asked)).toEqual(["GET /2 200"]);
    expect((await fingerprint(source, stores)).digest, "complete: the next run reuses it").toBe(again.digest);
    expect(await read(source, stores)).toEqual(["host/1@1", "host/2@2", "host/3@3"]);
    expect(server.requests).toHaveLength(asked + 1);
  });

  it("asks whether files changed when it is told to, and fetches only those that did", async () => {
    const server = await serve({ "/1": "one", "/2": "two" });
    const stores = await temporaryStores();
    const source = { type: "urls", urls: [`${server.url}/1`, `${server.url}/2`] } as const;
    const first = await fingerprint({ ...source, urls: [...source.urls] }, stores);
    await read({ ...source, urls: [...source.urls] }, stores);
    server.files.set("/2", Buffer.from("TWO"));
    const later: Source = { ...source, urls: [...source.urls], refresh: "2026-11" };
    expect((await fingerprint(later, stores)).digest).not.toBe(first.digest);
    expect(await read(later, stores)).toEqual(["host/1@one", "host/2@TWO"]);
    expect(server.requests.slice(2).sort()).toEqual(["GET /1 304", "GET /2 200"]);
    await read(later, stores);
    expect(server.requests).toHaveLength(4);
  });

  it("goes on where it was stopped, and fetches a file again whose bytes were lost", async () => {
    const paths = Array.from({ length: 40 }, (_, n) => `/${n}`);
    const server = await serve(Object.fromEntries(paths.map((path) => [path, `file ${path}`])));
    for (const path of paths.slice(20)) server.misbehaveAlways(path, { kind: "silent" });
    const stores = await temporaryStores();
    const source: Source = { type: "urls", urls: paths.map((path) => server.url + path) };
    const started = performance.now();
    expect(await read(source, stores, {}, 20)).toHaveLength(20);
    expect(performance.now() - started, "what was under way is not waited for").toBeLessThan(30_000);
    for (const path of paths) server.misbehaveAlways(path, { kind: "headers", headers: {} });
    const asked = server.requests.length;
    expect(await read(source, stores)).toHaveLength(40);
    expect(server.requests.slice(asked).filter((line) => / \/1?\d 200/.test(line))).toEqual([]);
    const [lost] = await Array.fromAsync(stores.objects.list("blobs/"));
    await stores.objects.delete(lost?.key as string);
    const settled = server.requests.length;
    await read(source, stores);
    expect(server.requests).toHaveLength(settled + 1);
  });

  it("keeps to the limits of sources", async () => {
    const server = await serve({ "/1": "x".repeat(50), "/2": "x".repeat(50), "/3": "x".repeat(50) });
    const urls = ["/1", "/2", "/3"].map((path) => server.url + path);
    const codes = async (over: Partial<SourceLimits>) =>
      (await read({ type: "urls", urls }, await temporaryStores(), over)).map((line) => line.replace(/@.*/, ""));
    expect(await codes({ maxFiles: 2 })).toEqual(["host/1", "host/2", "host/3!too-many-files"]);
    expect(await codes({ maxFileBytes: 49 })).toEqual(urls.map((_, n) => `host/${n + 1}!file-too-large`));
    expect(await codes({ maxTotalBytes: 120 })).toEqual(["host/1", "host/2", "host/3!source-too-large"]);
    const closed = { http: { ...limits.http, allowPrivateNetwork: false } };
    expect(await codes(closed)).toEqual(urls.map((_, n) => `host/${n + 1}!url-refused`));
  });
});

describe("a manifest", () => {
  it("is text or JSONL of this machine, with captions and paths of its own", async () => {
    const server = await serve({ "/1": "1", "/2": "2", "/3": "3" });
    const path = join(await temporaryFolder(), "list.txt");
    await writeFile(
      path,
      [
        "# my pictures",
        `${server.url}/1\r`,
        "",
        JSON.stringify({ url: `${server.url}/2`, caption: " a\n dog ", path: "dogs/two.jpg", width: 3 }),
        JSON.stringify({ url: `${server.url}/3`, path: "../up.jpg" }),
        "{broken",
        "x".repeat(20_000),
        "relative.jpg",
      ].join("\n"),
    );
    const source: Source = { type: "manifest", path };
    const stores = await temporaryStores();
    expect(await read(source, stores)).toEqual([
      "host/1@1",
      "dogs/two.jpg@2|a dog",
      "../up.jpg!unsafe-path",
      "line 6!bad-line",
      "line 7!bad-line",
      "relative.jpg!url-refused",
    ]);
    expect(await fingerprint(source, stores)).toMatchObject({ items: 4, mode: "assumed" });
    await expect(read({ type: "manifest", path: "/none" }, stores)).rejects.toMatchObject({ code: "source-missing" });
  });

  it("may lie on a web server; it is fetched when the run is planned, and URLs may be relative to it", async () => {
    const server = await serve({ "/sets/list.txt": "a.jpg\n/b.jpg\n", "/sets/a.jpg": "a", "/b.jpg": "b" });
    const stores = await temporaryStores();
    const source: Source = { type: "manifest", url: `${server.url}/sets/list.txt` };
    const first = await fingerprint(source, stores);
    expect(await read(source, stores)).toEqual(["host/sets/a.jpg@a", "host/b.jpg@b"]);
    expect(server.requests.filter((line) => line.includes("list"))).toHaveLength(1);
    expect(await fingerprint(source, stores)).toEqual(first);
    expect(server.requests.at(-1)).toBe("GET /sets/list.txt 304");
    server.files.set("/sets/list.txt", Buffer.from("a.jpg\n"));
    expect((await fingerprint(source, stores)).digest).not.toBe(first.digest);
    expect(await read(source, stores)).toEqual(["host/sets/a.jpg@a"]);
    await expect(fingerprint({ type: "manifest", url: `${server.url}/none` }, stores)).rejects.toMatchObject({
      message: /the manifest cannot be fetched: the server answered 404/,
    });
  });
});
