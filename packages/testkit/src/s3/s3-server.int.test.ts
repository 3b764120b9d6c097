import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checksum } from "./checksums.ts";
import { type S3Server, startS3Server } from "./s3-server.ts";
import { md5Base64, type RawRequest, sendSigned } from "./signed-request.ts";

const PART = 5 * 1024 * 1024;

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server?.stop());

const send = (method: string, path: string, rest: Omit<RawRequest, "method" | "path"> = {}) =>
  sendSigned(server, { method, path, ...rest });
const tell = async (...given: Parameters<typeof send>) => {
  const { status, code } = await send(...given);
  return `${status} ${code}`.trim();
};
const between = (text: string, tag: string) =>
  [...text.matchAll(new RegExp(`<${tag}>([^<]*)</${tag}>`, "g"))].map(([, value]) => value);

describe("what it believes", () => {
  it("takes a signed body and refuses one whose hash, MD5 or checksum is another", async () => {
    const body = "picture";
    expect(await tell("PUT", "believe", { body })).toBe("200");
    expect(await tell("PUT", "believe", { body, payload: "0".repeat(64) })).toBe("400 XAmzContentSHA256Mismatch");
    expect(await tell("PUT", "believe", { body, headers: { "content-md5": md5Base64(body) } })).toBe("200");
    expect(await tell("PUT", "believe", { body, headers: { "content-md5": md5Base64("other") } })).toBe(
      "400 BadDigest",
    );
    expect(await tell("PUT", "believe", { body, headers: { "content-md5": "short" } })).toBe("400 InvalidDigest");
    for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const) {
      const header = `x-amz-checksum-${algorithm.toLowerCase()}`;
      const right = checksum(algorithm, Buffer.from(body));
      expect(await tell("PUT", "believe", { body, headers: { [header]: right } })).toBe("200");
      const wrong = checksum(algorithm, Buffer.from("other"));
      expect(await tell("PUT", "believe", { body, headers: { [header]: wrong } })).toBe("400 BadDigest");
    }
  });

  it("refuses strangers, forged signatures and clocks that are off, with request ids and XML", async () => {
    const anonymous = await fetch(`${server.endpoint}/${server.bucket}/believe`);
    expect(anonymous.status).toBe(403);
    expect(anonymous.headers.get("x-amz-request-id")).toMatch(/^[0-9A-F]{16}$/);
    expect(await anonymous.text()).toContain("<Code>AccessDenied</Code>");
    const forger = { ...server, credentials: { ...server.credentials, secretAccessKey: "guessed" } };
    expect((await sendSigned(forger, { method: "GET", path: "believe" })).code).toBe("SignatureDoesNotMatch");
    const stranger = { ...server, credentials: { ...server.credentials, accessKeyId: "stranger" } };
    expect((await sendSigned(stranger, { method: "GET", path: "believe" })).code).toBe("InvalidAccessKeyId");
    expect(await tell("GET", "believe", { at: new Date(Date.now() - 20 * 60_000) })).toBe("403 RequestTimeTooSkewed");
  });

  it("keeps to writers' conditions", async () => {
    const { headers } = await send("PUT", "condition", { body: "1" });
    const etag = headers.etag ?? "";
    expect(await tell("PUT", "condition", { body: "2", headers: { "if-none-match": "*" } })).toBe(
      "412 PreconditionFailed",
    );
    expect(await tell("PUT", "condition", { body: "2", headers: { "if-match": '"other"' } })).toBe(
      "412 PreconditionFailed",
    );
    expect(await tell("PUT", "condition", { body: "2", headers: { "if-match": etag } })).toBe("200");
    expect(await tell("PUT", "nothing-yet", { body: "2", headers: { "if-match": etag } })).toBe("404 NoSuchKey");
    const racers = Array.from({ length: 20 }, (_, index) =>
      tell("PUT", "raced", { body: String(index), headers: { "if-none-match": "*" } }),
    );
    expect((await Promise.all(racers)).filter((answer) => answer === "200")).toHaveLength(1);
  });
});

describe("objects", () => {
  it("answers ranges, also from the end, and conditions of readers", async () => {
    const { headers } = await send("PUT", "digits", {
      body: "0123456789",
      headers: { "content-type": "text/x-digits" },
    });
    const ranged = async (range: string) => {
      const answer = await send("GET", "digits", { headers: { range } });
      return [answer.status, answer.body.toString(), answer.headers["content-range"]];
    };
    expect(await ranged("bytes=2-4")).toEqual([206, "234", "bytes 2-4/10"]);
    expect(await ranged("bytes=-3")).toEqual([206, "789", "bytes 7-9/10"]);
    expect(await ranged("bytes=8-")).toEqual([206, "89", "bytes 8-9/10"]);
    expect(await ranged("bytes=-100")).toEqual([206, "0123456789", "bytes 0-9/10"]);
    expect((await ranged("bytes=4-2"))[0]).toBe(200);
    expect(await tell("GET", "digits", { headers: { range: "bytes=10-" } })).toBe("416 InvalidRange");
    const etag = headers.etag ?? "";
    expect((await send("GET", "digits", { headers: { "if-none-match": etag } })).status).toBe(304);
    expect(await tell("GET", "digits", { headers: { "if-match": '"x"' } })).toBe("412 PreconditionFailed");
    const head = await send("HEAD", "digits");
    expect([head.status, head.headers["content-length"], head.headers["content-type"]]).toEqual([
      200,
      "10",
      "text/x-digits",
    ]);
    expect((await send("HEAD", "no-digits")).status).toBe(404);
    expect(await tell("GET", "no-digits")).toBe("404 NoSuchKey");
  });

  it("copies, with the old metadata or with new", async () => {
    await send("PUT", "from é", { body: "copy me", headers: { "x-amz-meta-made": "first" } });
    const source = { "x-amz-copy-source": `/${server.bucket}/from%20%C3%A9` };
    expect(await tell("PUT", "to", { headers: source })).toBe("200");
    expect((await send("GET", "to")).headers["x-amz-meta-made"]).toBe("first");
    const replaced = { ...source, "x-amz-metadata-directive": "REPLACE", "x-amz-meta-made": "second" };
    expect(await tell("PUT", "from%20%C3%A9", { headers: source })).toBe("400 InvalidRequest");
    expect(await tell("PUT", "from%20%C3%A9", { headers: replaced })).toBe("200");
    expect((await send("GET", "from%20%C3%A9")).headers["x-amz-meta-made"]).toBe("second");
    expect(await tell("PUT", "to", { headers: { "x-amz-copy-source": "/loramill/nothing" } })).toBe("404 NoSuchKey");
  });

  it("deletes many only with an integrity header and well-formed XML", async () => {
    for (const key of ["many/1", "many/2", "many/3"]) await send("PUT", key, { body: key });
    const body = "<Delete><Object><Key>many/1</Key></Object><Object><Key>many/none</Key></Object></Delete>";
    expect(await tell("POST", "?delete", { body })).toBe("400 InvalidRequest");
    const wrong = { "content-md5": md5Base64("x") };
    expect(await tell("POST", "?delete", { body, headers: wrong })).toBe("400 BadDigest");
    const headers = { "content-md5": md5Base64(body) };
    const answer = await send("POST", "?delete", { body, headers });
    expect(between(answer.body.toString(), "Key")).toEqual(["many/1", "many/none"]);
    const broken = "<Delete><Object>";
    expect(await tell("POST", "?delete", { body: broken, headers: { "content-md5": md5Base64(broken) } })).toBe(
      "400 MalformedXML",
    );
    const crc = { "x-amz-checksum-crc32": checksum("CRC32", Buffer.from(body)) };
    expect(await tell("POST", "?delete", { body, headers: crc })).toBe("200");
    expect(server.contents().keys.filter((key) => key.startsWith("many/"))).toEqual(["many/2", "many/3"]);
  });

  it("knows its buckets and nothing else", async () => {
    const elsewhere = { ...server, bucket: "elsewhere" };
    expect((await sendSigned(elsewhere, { method: "GET", path: "x" })).code).toBe("NoSuchBucket");
    expect((await sendSigned(elsewhere, { method: "PUT", path: "" })).status).toBe(200);
    expect((await sendSigned(elsewhere, { method: "PUT", path: "" })).code).toBe("BucketAlreadyOwnedByYou");
    await sendSigned(elsewhere, { method: "PUT", path: "x", body: "1" });
    expect((await sendSigned(elsewhere, { method: "DELETE", path: "" })).code).toBe("BucketNotEmpty");
    expect((await sendSigned(elsewhere, { method: "DELETE", path: "x" })).status).toBe(204);
    expect((await sendSigned(elsewhere, { method: "DELETE", path: "" })).status).toBe(204);
    expect(await tell("GET", "x?torrent&acl")).toBe("404 NoSuchKey");
    expect(await tell("PATCH", "x")).toBe("501 NotImplemented");
  });
});

describe("listing", () => {
  it("pages, folds at a delimiter, starts after a key and encodes names", async () => {
    for (const key of ["list/a", "list/b/1", "list/b/2", "list/c+%26", "list/d"]) {
      await send("PUT", encodeURI(key).replace("+", "%2B"), { body: "x" });
    }
    const list = async (query: string) => {
      const { body } = await send("GET", `?list-type=2&prefix=list%2F${query}`);
      const text = body.toString();
      return {
        keys: between(text, "Key"),
        prefixes: between(text, "Prefix").slice(1),
        next: between(text, "NextContinuationToken")[0],
        text,
      };
    };
    const folded = await list("&delimiter=%2F");
    expect(folded.keys).toEqual(["list/a", "list/c+%26", "list/d"]);
    expect(folded.prefixes).toEqual(["list/b/"]);
    const pages: (string | undefined)[] = [];
    for (let next: string | undefined = ""; next !== undefined; ) {
      const page = await list(`&delimiter=%2F&max-keys=1${next === "" ? "" : `&continuation-token=${next}`}`);
      pages.push(page.keys[0] ?? page.prefixes[0]);
      next = page.next;
    }
    expect(pages).toEqual(["list/a", "list/b/", "list/c+%26", "list/d"]);
    expect((await list("&start-after=list%2Fb%2F1")).keys).toEqual(["list/b/2", "list/c+%26", "list/d"]);
    expect((await list("&encoding-type=url")).keys).toContain("list/c%2B%2526");
    expect(await tell("GET", "?list-type=2&continuation-token=list%2Fa")).toBe("400 InvalidArgument");
    expect(await tell("GET", "?list-type=2&max-keys=-1")).toBe("400 InvalidArgument");
  });
});

describe("uploads in parts", () => {
  const create = async (key: string, headers: Record<string, string> = {}) => {
    const { body } = await send("POST", `${key}?uploads`, { headers });
    return between(body.toString(), "UploadId")[0] ?? "";
  };
  const part = async (key: string, id: string, number: number, body: Buffer, headers: Record<string, string> = {}) => {
    const answer = await send("PUT", `${key}?partNumber=${number}&uploadId=${id}`, { body, headers });
    return { number, etag: answer.headers.etag ?? "", status: `${answer.status} ${answer.code}`.trim() };
  };
  const finish = (key: string, id: string, parts: { number: number; etag: string }[], extra = "") => {
    const list = parts.map(
      ({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag>${extra}</Part>`,
    );
    const body = `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`;
    return tell("POST", `${key}?uploadId=${id}`, { body });
  };

  it("joins parts in order and demands order, tags and sizes", async () => {
    const id = await create("joined");
    const one = await part("joined", id, 1, Buffer.alloc(PART, 1));
    const two = await part("joined", id, 2, Buffer.from("end"));
    expect(await finish("joined", id, [two, one])).toBe("400 InvalidPartOrder");
    expect(await finish("joined", id, [one, { ...two, etag: one.etag }])).toBe("400 InvalidPart");
    expect(await finish("joined", id, [one, { ...two, number: 3 }])).toBe("400 InvalidPart");
    expect(await finish("joined", id, [])).toBe("400 MalformedXML");
    expect(await finish("joined", "unknown", [one])).toBe("404 NoSuchUpload");
    expect(server.contents().uploads).toContain("joined");
    expect(server.contents().keys).not.toContain("joined");
    const listed = await send("GET", `joined?uploadId=${id}`);
    expect(between(listed.body.toString(), "PartNumber")).toEqual(["1", "2"]);
    expect(await finish("joined", id, [one, two])).toBe("200");
    const head = await send("HEAD", "joined");
    expect([head.headers["content-length"], head.headers.etag]).toEqual([
      String(PART + 3),
      expect.stringMatching(/-2"$/),
    ]);
    expect(server.contents().uploads).not.toContain("joined");
    expect(await finish("joined", id, [one, two])).toBe("404 NoSuchUpload");
  });

  it("refuses small parts that are not the last, and forgets an aborted upload", async () => {
    const id = await create("small");
    const one = await part("small", id, 1, Buffer.from("tiny"));
    const two = await part("small", id, 2, Buffer.from("tiny"));
    expect(await finish("small", id, [one, two])).toBe("400 EntityTooSmall");
    expect(await tell("DELETE", `small?uploadId=${id}`)).toBe("204");
    expect((await part("small", id, 1, Buffer.from("tiny"))).status).toBe("404 NoSuchUpload");
    expect((await part("small", await create("small"), 10_001, Buffer.from("x"))).status).toBe("400 InvalidArgument");
  });

  it("holds parts to the checksum the upload was begun with", async () => {
    const id = await create("summed", { "x-amz-checksum-algorithm": "CRC32" });
    const body = Buffer.from("summed part");
    const right = checksum("CRC32", body);
    expect(
      (await part("summed", id, 1, body, { "x-amz-checksum-crc32": checksum("CRC32", Buffer.from("x")) })).status,
    ).toBe("400 BadDigest");
    expect((await part("summed", id, 1, body, { "x-amz-checksum-sha256": checksum("SHA256", body) })).status).toBe(
      "400 InvalidRequest",
    );
    const one = await part("summed", id, 1, body, { "x-amz-checksum-crc32": right });
    expect(await finish("summed", id, [one])).toBe("400 InvalidRequest");
    expect(await finish("summed", id, [one], `<ChecksumCRC32>${right}</ChecksumCRC32>`)).toBe("200");
    const { headers } = await send("GET", "summed", { headers: { "x-amz-checksum-mode": "ENABLED" } });
    expect(headers["x-amz-checksum-crc32"]).toMatch(/-1$/);
    expect(headers["x-amz-checksum-type"]).toBe("COMPOSITE");
  });
});

describe("what goes wrong on demand", () => {
  it("slows down, fails, drops, truncates and corrupts by rule and count", async () => {
    await send("PUT", "faulty", { body: "0123456789" });
    server.faults.add({
      operation: "GetObject",
      key: "faulty",
      skip: 1,
      count: 2,
      fault: { type: "slow-down", retryAfterSeconds: 3 },
    });
    expect(await tell("GET", "faulty")).toBe("200");
    const slow = await send("GET", "faulty");
    expect([slow.status, slow.code, slow.headers["retry-after"]]).toEqual([503, "SlowDown", "3"]);
    expect(await tell("GET", "faulty")).toBe("503 SlowDown");
    expect(await tell("GET", "faulty")).toBe("200");
    server.faults.add({ fault: { type: "error", status: 500, code: "InternalError" } });
    expect(await tell("GET", "faulty")).toBe("500 InternalError");
    server.faults.add({ fault: { type: "drop", when: "before" } });
    await expect(send("PUT", "dropped", { body: "x" })).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(server.contents().keys).not.toContain("dropped");
    server.faults.add({ fault: { type: "drop", when: "after" } });
    await expect(send("PUT", "dropped", { body: "x" })).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(server.contents().keys).toContain("dropped");
    server.faults.add({ fault: { type: "truncate", afterBytes: 4 } });
    await expect(send("GET", "faulty")).rejects.toThrow(/aborted|ECONNRESET/);
    server.faults.add({ fault: { type: "corrupt" } });
    expect((await send("GET", "faulty")).body.toString()).toBe("0123446789");
    server.faults.add({ fault: { type: "skew", ms: 3_600_000 } });
    expect(await tell("GET", "faulty")).toBe("403 RequestTimeTooSkewed");
    expect(await tell("GET", "faulty")).toBe("200");
    server.faults.add({ fault: { type: "late", ms: 40 } });
    const sent = performance.now();
    expect(await tell("GET", "faulty")).toBe("200");
    expect(performance.now() - sent).toBeGreaterThanOrEqual(39);
    expect(server.faults.hits()).toBe(9);
  });

  it("refuses like an older server when asked to", async () => {
    const older = await startS3Server({ profile: "older" });
    const put = await sendSigned(older, { method: "PUT", path: "x", body: "1", headers: { "if-none-match": "*" } });
    expect(put.status).toBe(501);
    const body = "<Delete><Object><Key>x</Key></Object></Delete>";
    const headers = { "x-amz-checksum-crc32": checksum("CRC32", Buffer.from(body)) };
    expect((await sendSigned(older, { method: "POST", path: "?delete", body, headers })).code).toBe("InvalidRequest");
    await older.stop();
    await older.stop();
  });
});

it("finds everything again after a restart when it has a folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "loramill-s3-"));
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
  const before = await startS3Server({ folder, credentials });
  await sendSigned(before, { method: "PUT", path: "kept", body: "still here", headers: { "x-amz-meta-a": "b" } });
  await sendSigned(before, { method: "POST", path: "open?uploads" });
  await before.stop();
  const after = await startS3Server({ folder, credentials });
  expect(after.contents()).toEqual({ keys: ["kept"], uploads: ["open"] });
  const answer = await sendSigned(after, { method: "GET", path: "kept" });
  expect([answer.body.toString(), answer.headers["x-amz-meta-a"]]).toEqual(["still here", "b"]);
  await after.stop();
  await rm(folder, { recursive: true });
});
