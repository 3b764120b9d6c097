import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentModelFile, sha256Hex } from "@loramill/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { createGrants } from "./grants.ts";
import { createModelCache } from "./model-cache.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server of files that breaks off after so many bytes the first time, and says what it was asked for. */
async function open(maxBytes: number, breaksAfter = Number.POSITIVE_INFINITY) {
  const folder = await mkdtemp(join(tmpdir(), "model-cache-"));
  const files = new Map<string, Uint8Array>();
  const asked: string[] = [];
  let left = breaksAfter;
  const server = createServer((request, response) => {
    const content = files.get(request.url ?? "") ?? new Uint8Array();
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    asked.push(`${request.url} from ${start}`);
    response.writeHead(start > 0 ? 206 : 200, { "content-length": content.length - start });
    if (left >= content.length) return void response.end(content.subarray(start));
    response.write(content.subarray(start, start + left), () => setTimeout(() => response.destroy(), 50));
    left = Number.POSITIVE_INFINITY;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  cleanups.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const model = (name: string, content: Uint8Array): AgentModelFile => {
    files.set(`/${name}`, content);
    return { role: "base", name, bytes: content.length, sha256: sha256Hex(content), key: null, url: `${url}/${name}` };
  };
  const parts = { fetch, grants: createGrants(Date.now), signal: new AbortController().signal };
  return { folder, files, asked, model, parts, cache: createModelCache(folder, maxBytes) };
}

describe("createModelCache", () => {
  it("fetches a file once however many ask for it", async () => {
    const { cache, model, parts, asked } = await open(1e6);
    const file = model("a.safetensors", new Uint8Array(5_000).fill(1));
    const taken = await Promise.all([1, 2, 3].map(() => cache.take(file, parts)));
    expect(new Set(taken.map(({ path }) => path)).size).toBe(1);
    await cache.take(file, parts);
    expect(asked).toEqual(["/a.safetensors from 0"]);
  });

  it("goes on with a download that broke off", async () => {
    const { cache, model, parts, asked } = await open(1e6, 3_000);
    await cache.take(model("a.safetensors", new Uint8Array(5_000).fill(2)), parts);
    expect(asked).toEqual(["/a.safetensors from 0", "/a.safetensors from 3000"]);
  });

  it("refuses other bytes than the digest names", async () => {
    const { cache, model, parts, files, folder } = await open(1e6);
    const file = model("a.safetensors", new Uint8Array(5_000).fill(3));
    files.set("/a.safetensors", new Uint8Array(5_000).fill(4));
    await expect(cache.take(file, parts)).rejects.toMatchObject({ code: "wrong-digest", errorClass: "permanent" });
    expect((await readdir(join(folder, file.sha256))).length).toBe(0);
  });

  it("removes what was used longest ago, and nothing that is in use", async () => {
    const { cache, model, parts, folder } = await open(10_000);
    const [a, b, c] = [1, 2, 3].map((n) => model(`${n}.safetensors`, new Uint8Array(5_000).fill(n)));
    if (!a || !b || !c) throw new Error("three models");
    const used = await cache.take(a, parts);
    const idle = await cache.take(b, parts);
    idle.release();
    await utimes(used.path, new Date(0), new Date(0));
    await cache.take(c, parts);
    const left = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".safetensors")).sort();
    expect(left.map((name) => name.split("/")[0]).sort()).toEqual([a.sha256, c.sha256].sort());
  });
});
