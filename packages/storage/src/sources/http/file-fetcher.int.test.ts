import { type FileServer, startFileServer } from "@loramill/testkit";
import { expect, it, onTestFinished } from "vitest";
import { defaultSourceLimits } from "../source-config.ts";
import { createFileFetcher, type FetcherParts, type HttpLimits, type RemoteFile } from "./file-fetcher.ts";

const open = { allowPrivateNetwork: true, allowHttp: true };

async function serve(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<FileServer> {
  const server = await startFileServer(files);
  onTestFinished(() => server.close());
  return server;
}

function fetcher(limits: Partial<HttpLimits> = {}, parts: FetcherParts = {}) {
  const made = createFileFetcher({ ...defaultSourceLimits.http, ...open, ...limits }, { random: () => 0, ...parts });
  onTestFinished(() => made.close());
  return made;
}

const textOf = async (file: RemoteFile) => Buffer.concat(await Array.fromAsync(file.body)).toString("utf8");
const ask = (from: ReturnType<typeof fetcher>, url: string, maxBytes = 1_000_000, signal?: AbortSignal) =>
  from.fetch(url, { maxBytes, signal, read: textOf });

it("fetches a file, and says what lets it ask again cheaply", async () => {
  const server = await serve({ "/a.jpg": "picture" });
  const from = fetcher();
  const read = async (file: RemoteFile) => ({ text: await textOf(file), etag: file.etag, mediaType: file.mediaType });
  const first = await from.fetch(`${server.url}/a.jpg`, { maxBytes: 100, read });
  expect(first).toEqual({ text: "picture", etag: expect.any(String), mediaType: "application/octet-stream" });
  const validators = first === "unchanged" ? {} : { etag: first.etag };
  expect(await from.fetch(`${server.url}/a.jpg`, { maxBytes: 100, read, validators })).toBe("unchanged");
});

it("refuses other schemes, plain http and credentials before it asks anybody", async () => {
  const server = await serve({ "/a": "x" });
  const port = new URL(server.url).port;
  const closed = fetcher({ allowHttp: false });
  await expect(ask(closed, `${server.url}/a`)).rejects.toMatchObject({
    code: "url-refused",
    message: /SOURCE_ALLOW_HTTP/,
  });
  for (const url of [
    "file:///etc/passwd",
    "ftp://x/y",
    "data:text/plain,x",
    "nothing",
    `http://me:secret@127.0.0.1:${port}/a`,
  ]) {
    await expect(ask(fetcher(), url), url).rejects.toMatchObject({ errorClass: "user", code: "url-refused" });
  }
  expect(server.requests).toEqual([]);
});

it("never connects to private, link-local or unusable addresses, however they are written", async () => {
  const server = await serve({ "/a": "x" });
  const { port } = new URL(server.url);
  const closed = fetcher({ allowPrivateNetwork: false });
  const hosts = [
    "127.0.0.1",
    "127.1",
    "0x7f000001",
    "2130706433",
    "0.0.0.0",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "localhost",
  ];
  for (const host of hosts) {
    await expect(ask(closed, `http://${host}:${port}/a`), host).rejects.toMatchObject({ code: "url-refused" });
  }
  for (const host of ["169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "224.0.0.1"]) {
    await expect(ask(fetcher(), `http://${host}/`), host).rejects.toMatchObject({ code: "url-refused" });
  }
  expect(server.requests).toEqual([]);
});

it("judges every address of a name, and connects to what it judged even when the name changes its mind", async () => {
  const server = await serve({ "/a": "x" });
  const { port } = new URL(server.url);
  const mixed = fetcher(
    { allowPrivateNetwork: false },
    {
      resolve: async () => [
        { address: "8.8.8.8", family: 4 },
        { address: "127.0.0.1", family: 4 },
      ],
    },
  );
  await expect(ask(mixed, `http://mixed.example:${port}/a`)).rejects.toMatchObject({ code: "url-refused" });
  let asked = 0;
  const rebinding = fetcher(
    {},
    {
      resolve: async () => {
        asked += 1;
        return [{ address: asked === 1 ? "127.0.0.1" : "169.254.169.254", family: 4 }];
      },
    },
  );
  expect(await ask(rebinding, `http://rebind.example:${port}/a`)).toBe("x");
  expect(asked, "the connection was made to the address that was judged").toBe(1);
  expect(server.requests).toEqual(["GET /a 200"]);
});

it("follows redirects, judging each, and not for ever", async () => {
  const server = await serve({ "/a": "x" });
  server.misbehaveAlways("/one", { kind: "redirect", to: "/two" });
  server.misbehaveAlways("/two", { kind: "redirect", to: `${server.url}/a`, status: 307 });
  server.misbehaveAlways("/round", { kind: "redirect", to: "/round" });
  server.misbehaveAlways("/inside", { kind: "redirect", to: "http://169.254.169.254/latest/meta-data/" });
  server.misbehaveAlways("/file", { kind: "redirect", to: "file:///etc/passwd" });
  expect(await ask(fetcher(), `${server.url}/one`)).toBe("x");
  await expect(ask(fetcher({ maxRedirects: 1 }), `${server.url}/one`)).rejects.toMatchObject({
    code: "too-many-redirects",
  });
  await expect(ask(fetcher(), `${server.url}/round`)).rejects.toMatchObject({ code: "too-many-redirects" });
  await expect(ask(fetcher(), `${server.url}/inside`)).rejects.toMatchObject({ code: "url-refused" });
  await expect(ask(fetcher(), `${server.url}/file`)).rejects.toMatchObject({ code: "url-refused" });
});

it("judges a redirect from an allowed server to a name of the private network", async () => {
  const server = await serve({});
  const { port } = new URL(server.url);
  // 127.0.0.1 stands in for a public server: the rules are those for public ones, except for this one name.
  const inside = fetcher(
    {},
    { resolve: async (name) => [{ address: name === "front.example" ? "127.0.0.1" : "169.254.1.1", family: 4 }] },
  );
  server.misbehaveAlways("/out", { kind: "redirect", to: `http://internal.example:${port}/secret` });
  await expect(ask(inside, `http://front.example:${port}/out`)).rejects.toMatchObject({
    code: "url-refused",
    message: expect.stringContaining("internal.example (169.254.1.1)"),
  });
});

it("refuses what is too large, announced or not, and what is packed", async () => {
  const server = await serve({ "/large": "x".repeat(2000) });
  server.misbehaveAlways("/endless", { kind: "endless" });
  server.misbehaveAlways("/packed", { kind: "headers", headers: { "content-encoding": "gzip" } });
  await expect(ask(fetcher(), `${server.url}/large`, 1999)).rejects.toMatchObject({ code: "file-too-large" });
  await expect(ask(fetcher(), `${server.url}/endless`, 100_000)).rejects.toMatchObject({ code: "file-too-large" });
  await expect(ask(fetcher(), `${server.url}/packed`)).rejects.toMatchObject({ code: "unsupported-encoding" });
  expect(await ask(fetcher(), `${server.url}/large`, 2000)).toHaveLength(2000);
});

it("tries again what may pass, from the start of the file, and gives up with the reason", async () => {
  const server = await serve({ "/a": "whole file" });
  server.misbehave("/a", { kind: "status", status: 503 }, { kind: "cut" });
  expect(await ask(fetcher(), `${server.url}/a`)).toBe("whole file");
  server.misbehaveAlways("/b", { kind: "status", status: 502 });
  await expect(ask(fetcher({ attempts: 2 }), `${server.url}/b`)).rejects.toMatchObject({
    errorClass: "user",
    code: "http-status",
    message: "the server answered 502 (2 tries); run again to fetch what failed",
  });
  await expect(ask(fetcher(), `${server.url}/none`)).rejects.toMatchObject({ message: /404: there is no such file/ });
  expect(
    server.requests.filter((line) => line.includes("/none")),
    "final at once",
  ).toHaveLength(1);
  await expect(ask(fetcher({ attempts: 1 }), "http://no-such-host.invalid/")).rejects.toMatchObject({
    errorClass: "user",
  });
  await expect(ask(fetcher({ attempts: 1 }), "http://127.0.0.1:1/")).rejects.toMatchObject({ code: "fetch-failed" });
});

it("waits as long as a server asks, unless that is too long", async () => {
  const server = await serve({ "/a": "x" });
  server.misbehave("/a", { kind: "status", status: 429, headers: { "retry-after": "1" } });
  const started = performance.now();
  expect(await ask(fetcher(), `${server.url}/a`)).toBe("x");
  expect(performance.now() - started).toBeGreaterThan(990);
  server.misbehave("/a", { kind: "status", status: 429, headers: { "retry-after": "3600" } });
  await expect(ask(fetcher(), `${server.url}/a`)).rejects.toMatchObject({ message: /wants a pause of 3600 s/ });
});

it("does not wait for servers that say nothing, stop in the middle or drip", async () => {
  const server = await serve({ "/a": "x".repeat(1000) });
  const from = fetcher({ idleMs: 200, totalMs: 1500, attempts: 1 });
  server.misbehaveAlways("/silent", { kind: "silent" });
  server.misbehaveAlways("/stall", { kind: "stall" });
  server.misbehaveAlways("/drip", { kind: "drip", everyMs: 20 });
  for (const path of ["/silent", "/stall", "/drip"]) {
    await expect(ask(from, server.url + path), path).rejects.toMatchObject({
      errorClass: "user",
      code: "fetch-timeout",
    });
  }
});

it("keeps to so many connections per host, and ends when it is told to", async () => {
  const files = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`/${n}`, `file ${n}`]));
  const server = await serve(files);
  for (const path of Object.keys(files)) server.misbehave(path, { kind: "late", afterMs: 20 });
  const from = fetcher({ connectionsPerHost: 3, connections: 8 });
  const texts = await Promise.all(Object.keys(files).map((path) => ask(from, server.url + path)));
  expect(texts).toEqual(Object.values(files));
  expect(server.peak()).toBe(3);
  server.misbehaveAlways("/silent", { kind: "silent" });
  const stop = new AbortController();
  const waiting = ask(from, `${server.url}/silent`, 100, stop.signal);
  stop.abort(new Error("stopped"));
  await expect(waiting).rejects.toThrow("stopped");
});

it("hands on what the reader throws, as trouble of ours", async () => {
  const server = await serve({ "/a": "x" });
  const read = async () => {
    throw new Error("the disk is full");
  };
  await expect(fetcher().fetch(`${server.url}/a`, { maxBytes: 10, read })).rejects.toThrow("the disk is full");
  expect(server.requests.length).toBeLessThanOrEqual(1);
});
