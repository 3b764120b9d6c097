import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { temporaryFolder, temporaryStores } from "../../test/read-source.ts";
import { defaultSourceLimits } from "../sources/source-config.ts";
import { createModelFetcher, type ModelFetch } from "./model-fetcher.ts";

const content = Buffer.from(Array.from({ length: 200_000 }, (_, n) => (n * 7919) % 251));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

interface Hub {
  readonly url: string;
  readonly asked: { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** What the next requests get instead of the whole rest, one each. */
  readonly next: (
    | { kind: "cut"; after: number }
    | { kind: "status"; status: number }
    | { kind: "without-etag"; after: number }
  )[];
  file: { bytes: Buffer; etag: string };
  /** Breaks a connection that is to be cut once the client says that it has the bytes before the cut. */
  readonly seen: (done: number) => void;
}

/** A server that knows ranges, as hubs and their stores do, and misbehaves on request. */
async function startHub(): Promise<Hub> {
  const held: { readonly upTo: number; readonly cut: () => void }[] = [];
  const seen = (done: number) => {
    for (const { upTo, cut } of held) if (done >= upTo) cut();
  };
  const hub: Hub = { url: "", asked: [], next: [], file: { bytes: content, etag: '"one"' }, seen };
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    hub.asked.push({ path, headers: request.headers });
    if (path === "/hub") {
      response.writeHead(302, { location: "/file", "x-linked-etag": `"${sha256(hub.file.bytes)}"` }).end();
      return;
    }
    const how = hub.next.shift();
    if (how?.kind === "status") return void response.writeHead(how.status).end("no");
    const { bytes, etag } = hub.file;
    const from = Number(request.headers.range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
    const isRest = from > 0 && request.headers["if-range"] === etag;
    const body = isRest ? bytes.subarray(from) : bytes;
    response.writeHead(isRest ? 206 : 200, {
      ...(how?.kind === "without-etag" ? {} : { etag }),
      "content-length": body.length,
      ...(isRest ? { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    if (how === undefined) return void response.end(body);
    response.write(body.subarray(0, how.after));
    held.push({ upTo: (isRest ? from : 0) + how.after, cut: () => response.destroy() });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return Object.assign(hub, { url });
}

async function open(over: { attempts?: number; folder?: string } = {}) {
  const stores = await temporaryStores();
  const folder = over.folder ?? (await temporaryFolder());
  const { totalMs: _total, ...http } = defaultSourceLimits.http;
  const limits = { ...http, allowHttp: true, allowPrivateNetwork: true, attempts: over.attempts ?? 3 };
  const fetcher = createModelFetcher({ limits, blobs: stores.blobs, folder });
  onTestFinished(() => fetcher.close());
  const fetch = (url: string, more: Partial<ModelFetch> = {}) =>
    fetcher.fetch({ url, signal: AbortSignal.timeout(60_000), ...more });
  return { stores, folder, fetch };
}

it("goes on after a broken connection with the bytes that are missing, and leaves nothing behind", async () => {
  const hub = await startHub();
  hub.next.push({ kind: "cut", after: 50_000 }, { kind: "cut", after: 60_000 });
  const { fetch, stores, folder } = await open();
  const seen: number[] = [];
  const blob = await fetch(`${hub.url}/file`, {
    onBytes: (done) => {
      seen.push(done);
      hub.seen(done);
    },
  });
  expect(blob).toMatchObject({ sha256: sha256(content), bytes: content.length });
  expect(Buffer.from(await stores.blobs.read(blob))).toEqual(content);
  expect(hub.asked.map(({ headers }) => headers.range)).toEqual([undefined, expect.any(String), expect.any(String)]);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(await readdir(folder)).toEqual([]);
});

it("goes on in another process with what the first one had", async () => {
  const hub = await startHub();
  hub.next.push({ kind: "cut", after: 80_000 });
  const first = await open({ attempts: 1 });
  await expect(first.fetch(`${hub.url}/file`, { onBytes: hub.seen })).rejects.toMatchObject({
    message: expect.stringContaining("pull again"),
  });
  const second = await open({ folder: first.folder });
  expect((await second.fetch(`${hub.url}/file`)).sha256).toBe(sha256(content));
  expect(Number(hub.asked[1]?.headers.range?.match(/\d+/)?.[0])).toBeGreaterThan(0);
});

it("starts over when the file has changed since, or when nothing says that it has not", async () => {
  const hub = await startHub();
  const { fetch } = await open();
  hub.next.push({ kind: "cut", after: 50_000 });
  const changed = Buffer.from(content).reverse();
  const work = fetch(`${hub.url}/file`, {
    onBytes: (done) => {
      hub.file = { bytes: changed, etag: '"two"' };
      hub.seen(done);
    },
  });
  expect((await work).sha256).toBe(sha256(changed));
  hub.next.push({ kind: "without-etag", after: 50_000 });
  expect((await fetch(`${hub.url}/file?again`, { onBytes: hub.seen })).sha256).toBe(sha256(changed));
  expect(hub.asked.at(-1)?.headers.range).toBeUndefined();
});

it("keeps nothing of a file with another digest, whether the person or the hub named it", async () => {
  const hub = await startHub();
  const { fetch, stores, folder } = await open();
  await expect(fetch(`${hub.url}/file`, { sha256: sha256(Buffer.from("another")) })).rejects.toMatchObject({
    code: "wrong-digest",
    errorClass: "user",
  });
  expect(await stores.blobs.has(sha256(content))).toBe(false);
  expect(await readdir(folder)).toEqual([]);
  expect((await fetch(`${hub.url}/hub`)).sha256).toBe(sha256(content));
});

it("says what a server forbids, without trying again", async () => {
  const hub = await startHub();
  const { fetch } = await open();
  hub.next.push({ kind: "status", status: 401 }, { kind: "status", status: 403 }, { kind: "status", status: 404 });
  await expect(fetch(`${hub.url}/file`)).rejects.toMatchObject({
    code: "model-forbidden",
    message: expect.stringContaining("wants a token"),
  });
  await expect(fetch(`${hub.url}/file`, { token: "secret" })).rejects.toMatchObject({
    code: "model-forbidden",
    message: expect.not.stringContaining("secret"),
  });
  await expect(fetch(`${hub.url}/file`)).rejects.toMatchObject({ message: expect.stringContaining("404") });
  expect(hub.asked).toHaveLength(3);
});

it("sends the token to the hub, not to where the hub redirects on another host", async () => {
  const hub = await startHub();
  const store = await startHub();
  const { fetch } = await open();
  const redirecting = createServer((_, response) => response.writeHead(302, { location: `${store.url}/file` }).end());
  await new Promise<void>((resolve) => redirecting.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise((resolve) => redirecting.close(() => resolve())));
  await fetch(`http://127.0.0.1:${(redirecting.address() as AddressInfo).port}/x`, { token: "secret" });
  expect(store.asked[0]?.headers.authorization).toBeUndefined();
  await fetch(`${hub.url}/file`, { token: "secret" });
  expect(hub.asked[0]?.headers.authorization).toBe("Bearer secret");
});

it("downloads once for many that ask at the same time", async () => {
  const hub = await startHub();
  const { fetch } = await open();
  const blobs = await Promise.all(Array.from({ length: 5 }, () => fetch(`${hub.url}/file`)));
  expect(new Set(blobs.map((blob) => blob.sha256))).toEqual(new Set([sha256(content)]));
  expect(hub.asked).toHaveLength(1);
});
