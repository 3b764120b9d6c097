import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { PermanentError, sha256Hex, TransientError } from "@loramill/contracts";
import { type S3Server, type S3ServerOptions, startS3Server } from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { createBlobStore } from "../blobs.ts";
import { collect } from "../bytes.ts";
import type { ObjectDriver } from "../driver.ts";
import { storageConfig } from "../storage-config.ts";
import { createS3Client } from "./s3-client.ts";
import type { S3Options } from "./s3-options.ts";
import { openS3Store } from "./s3-store.ts";

const PART = 5 * 1024 * 1024;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function open(s3: Partial<S3Options> = {}, server: S3ServerOptions = {}) {
  const s3Server = await startS3Server(server);
  closers.push(() => s3Server.stop());
  const store = storeOn(s3Server, s3);
  return { server: s3Server, store };
}

function optionsFor(server: S3Server, s3: Partial<S3Options> = {}): S3Options {
  const { endpoint, credentials } = server;
  const defaults = storageConfig.options(storageConfig.env.parse({})).storage.s3;
  return { ...defaults, endpoint, credentials, forcePathStyle: true, partBytes: PART, ...s3 };
}

function storeOn(server: S3Server, s3: Partial<S3Options> = {}): ObjectDriver {
  const store = openS3Store({ bucket: server.bucket, prefix: "" }, optionsFor(server, s3));
  closers.push(() => store.close());
  return store;
}

const read = async (store: ObjectDriver, key: string, signal?: AbortSignal) => {
  const { body } = await store.get(key, signal ? { signal } : {});
  return collect(body, 1024 ** 3, key);
};

/** The failure of a call, with its class. */
async function failure(
  run: Promise<unknown>,
): Promise<{ name: string; code: string; message: string; retryAfterMs?: number }> {
  try {
    await run;
  } catch (error) {
    if (error instanceof TransientError || error instanceof PermanentError) return error as never;
    throw error;
  }
  throw new Error("it did not fail");
}

/** Bytes without a pattern, the same every time. */
const random = (bytes: number) => {
  const words = Uint32Array.from({ length: Math.ceil(bytes / 4) }, (_, index) => index * 2_654_435_761);
  return Buffer.from(words.buffer, 0, bytes);
};

describe("a server that stumbles", () => {
  it("is asked again when it is busy, fails or drops the connection", async () => {
    const { server, store } = await open();
    server.faults.add({ operation: "PutObject", fault: { type: "slow-down" } });
    server.faults.add({ operation: "PutObject", fault: { type: "error", status: 500, code: "InternalError" } });
    server.faults.add({ operation: "PutObject", fault: { type: "drop", when: "before" } });
    await store.put("stubborn", Buffer.from("arrives"));
    server.faults.add({ operation: "GetObject", count: 2, fault: { type: "drop", when: "before" } });
    expect(Buffer.from(await read(store, "stubborn")).toString()).toBe("arrives");
    expect(server.faults.hits()).toBe(5);
  });

  it("ends in a TransientError that names it and keeps Retry-After, after the configured tries", async () => {
    const { server, store } = await open({ attempts: 2 });
    server.faults.add({ operation: "PutObject", count: 9, fault: { type: "slow-down", retryAfterSeconds: 1 } });
    const busy = await failure(store.put("busy", Buffer.from("x")));
    expect([busy.name, busy.code, busy.retryAfterMs]).toEqual(["TransientError", "storage-busy", 1000]);
    expect(server.faults.hits()).toBe(2);
    server.faults.clear();
    await server.stop();
    const gone = await failure(store.put("gone", Buffer.from("x")));
    expect([gone.name, gone.code]).toEqual(["TransientError", "storage-unreachable"]);
    expect(gone.message).toContain("s3://loramill/");
  });

  it("does not hold a request longer than the time limit", async () => {
    const { server, store } = await open({ attempts: 1, requestTimeoutMs: 300, idleTimeoutMs: 300 });
    server.faults.add({ operation: "GetObject", fault: { type: "hang" } });
    expect((await failure(store.get("x"))).code).toBe("storage-unreachable");
    server.faults.add({ operation: "PutObject", fault: { type: "hang" } });
    expect((await failure(store.put("x", Buffer.from("x")))).code).toBe("storage-unreachable");
  });

  it("lets go at once when the signal aborts", async () => {
    const { server, store } = await open();
    server.faults.add({ operation: "GetObject", fault: { type: "hang" } });
    const signal = AbortSignal.timeout(100);
    await expect(store.get("x", { signal })).rejects.toBe(await aborted(signal));
    await store.put("slow", random(1_000_000));
    server.faults.add({ operation: "GetObject", fault: { type: "slow-body", pieceBytes: 1000, pauseMs: 20 } });
    const reading = AbortSignal.timeout(200);
    await expect(read(store, "slow", reading)).rejects.toBe(await aborted(reading));
  });
});

async function aborted(signal: AbortSignal): Promise<unknown> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  return signal.reason;
}

describe("bodies that break off", () => {
  it("are resumed where they broke, until whole", async () => {
    const { server, store } = await open();
    const body = random(3_000_000);
    await store.put("broken", body);
    for (const afterBytes of [1_000_000, 0, 700_000]) {
      server.faults.add({ operation: "GetObject", fault: { type: "truncate", afterBytes } });
    }
    expect(sha256Hex(await read(store, "broken"))).toBe(sha256Hex(body));
    expect(server.faults.hits()).toBe(3);
    const ranged = await store.get("broken", { range: { start: 10, end: 2_000_009 } });
    server.faults.add({ operation: "GetObject", fault: { type: "truncate", afterBytes: 500_000 } });
    const again = await store.get("broken", { range: { start: 10, end: 2_000_009 } });
    expect((await collect(ranged.body, 1e9, "")).byteLength).toBe(2_000_000);
    const bytes = await collect(again.body, 1e9, "");
    expect(sha256Hex(bytes)).toBe(sha256Hex(body.subarray(10, 2_000_010)));
  });

  it("are given up after several tries without progress", async () => {
    const { server, store } = await open({ attempts: 3 });
    await store.put("stuck", random(100_000));
    server.faults.add({ operation: "GetObject", count: 99, fault: { type: "truncate", afterBytes: 0 } });
    expect((await failure(read(store, "stuck"))).name).toBe("TransientError");
    expect(server.faults.hits()).toBeLessThan(10);
  });

  it("are not mended with bytes of another object", async () => {
    const { server, store } = await open();
    await store.put("replaced", Buffer.alloc(2_000_000, 1));
    server.faults.add({ operation: "GetObject", fault: { type: "truncate", afterBytes: 500_000 } });
    const { body } = await store.get("replaced");
    await store.put("replaced", Buffer.alloc(2_000_000, 2));
    expect((await failure(collect(body, 1e9, ""))).code).toBe("object-changed");
  });

  it("are refused when a byte was changed on the way", async () => {
    const { server, store } = await open();
    await store.put("flipped", random(200_000));
    server.faults.add({ operation: "GetObject", fault: { type: "corrupt" } });
    const damaged = await failure(read(store, "flipped"));
    expect([damaged.name, damaged.code]).toEqual(["TransientError", "transfer-damaged"]);
  });
});

describe("uploads in parts", () => {
  it("survive lost answers, also that of the last request", async () => {
    const { server, store } = await open();
    const body = random(2 * PART + 17);
    server.faults.add({ operation: "UploadPart", skip: 1, fault: { type: "drop", when: "after" } });
    server.faults.add({ operation: "CompleteMultipartUpload", fault: { type: "drop", when: "after" } });
    await store.put("lost answers", Readable.from([body]));
    expect(sha256Hex(await read(store, "lost answers"))).toBe(sha256Hex(body));
    expect(server.contents().uploads).toEqual([]);
    expect(
      server.requests.filter(({ operation, status }) => operation === "CompleteMultipartUpload" && status === 404),
    ).toHaveLength(1);
  });

  it("leave no parts behind when the server fails for good", async () => {
    const { server, store } = await open({ attempts: 1 });
    for (const operation of ["UploadPart", "CompleteMultipartUpload"]) {
      server.faults.add({ operation, fault: { type: "error", status: 500, code: "InternalError" } });
      expect((await failure(store.put("failed", Readable.from([random(2 * PART + 1)])))).code).toBe("storage-busy");
      expect(server.contents()).toEqual({ keys: [], uploads: [] });
    }
  });

  it("grow their parts when an announced body would need too many", async () => {
    const { server, store } = await open({ uploadConcurrency: 2 });
    const bytes = PART * 10_000 + 1;
    const stop = new AbortController();
    async function* body() {
      yield Buffer.alloc(PART);
      stop.abort(new Error("seen enough"));
      yield Buffer.alloc(1);
    }
    await expect(store.put("vast", body(), { bytes, signal: stop.signal })).rejects.toThrow("seen enough");
    expect(server.requests.some(({ operation }) => operation === "UploadPart")).toBe(false);
  });
});

describe("content", () => {
  it("is not sent when it is there already, and large bodies wait in a file, not in memory", async () => {
    const parent = await mkdtemp(join(tmpdir(), "loramill-spool-"));
    closers.push(() => rm(parent, { recursive: true }));
    const spoolFolder = join(parent, "made when it is needed");
    const { server, store } = await open({ spoolFolder });
    const body = random(2 * PART + 5);
    async function* pieces() {
      for (let start = 0; start < body.byteLength; start += 1_000_000) yield body.subarray(start, start + 1_000_000);
    }
    const first = await store.putContent((sha256) => `blobs/${sha256}`, pieces(), {});
    expect([first.stored, first.bytes, first.sha256]).toEqual([true, body.byteLength, sha256Hex(body)]);
    expect(Buffer.from(await read(store, `blobs/${first.sha256}`)).equals(body)).toBe(true);
    // Without a name from the start, so that a process that is killed leaves nothing on a volume that outlives it.
    expect(await readdir(parent)).toHaveLength(1);
    const before = server.requests.length;
    expect((await store.putContent((sha256) => `blobs/${sha256}`, pieces(), {})).stored).toBe(false);
    expect(server.requests.slice(before).map(({ operation }) => operation)).toEqual(["HeadObject"]);
    expect(await readdir(spoolFolder)).toEqual([]);
  });

  it("is sent as it comes where its digest is known, without room for a second copy", async () => {
    const { server, store } = await open({ spoolFolder: "/dev/null/no folder can be made here" });
    const blobs = createBlobStore(store, { maxReadBytes: 1024 ** 3 });
    const body = random(2 * PART + 5);
    let begun = 0;
    async function* pieces(of = body) {
      begun += 1;
      for (let start = 0; start < of.byteLength; start += 1_000_000) yield of.subarray(start, start + 1_000_000);
    }
    const facts = { mediaType: "application/octet-stream", bytes: body.byteLength, sha256: sha256Hex(body) };
    const other = Buffer.from(body).fill(1, 100, 200);
    await expect(blobs.put(pieces(other), facts)).rejects.toMatchObject({ code: "wrong-digest" });
    expect([await blobs.has(facts.sha256), server.contents().uploads]).toEqual([false, []]);
    expect(await blobs.put(pieces(), facts)).toEqual(facts);
    expect(Buffer.from(await blobs.read(facts)).equals(body)).toBe(true);
    await blobs.put(pieces(), facts);
    expect(begun, "what is there already is not read again").toBe(2);
  });
});

describe("what must be mended by a person", () => {
  it("is told as PermanentError: wrong keys, no bucket, a wrong clock", async () => {
    const { server } = await open();
    const secret = "very-secret-value";
    const stranger = storeOn(server, { credentials: { accessKeyId: "stranger", secretAccessKey: secret } });
    const denied = await failure(stranger.put("x", Buffer.from("x")));
    expect([denied.name, denied.code]).toEqual(["PermanentError", "storage-denied"]);
    const forger = storeOn(server, { credentials: { ...server.credentials, secretAccessKey: secret } });
    const forged = await failure(forger.head("x"));
    expect(forged.code).toBe("storage-denied");
    expect(JSON.stringify([denied, forged, denied.message, forged.message])).not.toContain(secret);
    const lost = openS3Store({ bucket: "no-such-bucket", prefix: "" }, optionsFor(server));
    closers.push(() => lost.close());
    expect((await failure(lost.put("x", Buffer.from("x")))).code).toBe("bucket-missing");
    server.faults.add({
      operation: "PutObject",
      count: 99,
      fault: { type: "error", status: 507, code: "QuotaExceeded" },
    });
    expect((await failure(storeOn(server).put("x", Buffer.from("x")))).code).toBe("storage-full");
  });

  it("is not told where the SDK can correct a clock itself", async () => {
    const { server, store } = await open({}, { now: () => new Date(Date.now() + 3_600_000) });
    await store.put("late", Buffer.from("x"));
    expect(server.contents().keys).toEqual(["late"]);
  });

  it("is refused before anything is sent: plain HTTP to other machines, parts that are too small", async () => {
    const { server } = await open();
    expect(() => storeOn(server, { endpoint: "http://storage.example" })).toThrow(/plain HTTP/);
    expect(() => storeOn(server, { publicEndpoint: "http://storage.example" })).toThrow(/plain HTTP/);
    expect(() => storeOn(server, { endpoint: "http://storage.example", allowHttp: true })).not.toThrow();
    expect(() => storeOn(server, { partBytes: 1000 })).toThrow(/parts of an upload/);
  });
});

describe("servers that know less", () => {
  it("refuse newer checksums with advice, and bulk deletes without Content-MD5", async () => {
    const { server } = await open({}, { profile: "older" });
    const plain = storeOn(server, { checksums: "when-required" });
    await plain.put("a", Buffer.from("a"));
    expect((await failure(plain.deleteMany(["a"]))).code).toBe("storage-refused");
    const kind = storeOn(server, { checksums: "when-required", contentMd5: true });
    await kind.deleteMany(["a", "never there"]);
    expect(server.contents().keys).toEqual([]);
  });
});

it("deletes thousands of keys in few requests", async () => {
  const { server, store } = await open();
  await store.put("kept", Buffer.from("x"));
  const keys = Array.from({ length: 2_001 }, (_, index) => `many/${index}`);
  await Promise.all(keys.slice(0, 20).map((key) => store.put(key, Buffer.from("x"))));
  const before = server.requests.length;
  await store.deleteMany(keys);
  expect(server.requests.slice(before).map(({ operation }) => operation)).toEqual([
    "DeleteObjects",
    "DeleteObjects",
    "DeleteObjects",
  ]);
  expect(server.contents().keys).toEqual(["kept"]);
});

it("signs URLs for the public address of the server", async () => {
  const { server } = await open();
  const store = storeOn(server, { publicEndpoint: "https://objects.example" });
  expect(await store.presign("a b", { method: "PUT", expiresSeconds: 60 })).toMatch(
    /^https:\/\/objects\.example\/loramill\/a%20b\?/,
  );
});

it("streams of the SDK itself, with trailers signed and unsigned, are taken byte for byte", async () => {
  const { server } = await open();
  for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA256"] as const) {
    const client: S3Client = createS3Client(optionsFor(server));
    const body = random(300_054);
    const chunks = Array.from({ length: 5 }, (_, index) => body.subarray(index * 65_536, (index + 1) * 65_536));
    const object = { Bucket: server.bucket, Key: `stream-${ChecksumAlgorithm}` };
    const put = { ...object, Body: Readable.from(chunks), ContentLength: body.byteLength, ChecksumAlgorithm };
    if (ChecksumAlgorithm !== "CRC64NVME") await client.send(new PutObjectCommand(put));
    else await client.send(new PutObjectCommand({ ...put, Body: body }));
    const got = await client.send(new GetObjectCommand({ ...object, ChecksumMode: "ENABLED" }));
    expect(sha256Hex((await got.Body?.transformToByteArray()) ?? "")).toBe(sha256Hex(body));
    client.destroy();
  }
});
