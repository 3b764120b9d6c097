import { type LargeSource, sha256Hex } from "@loramill/contracts";
import { type S3Server, type S3ServerOptions, startS3Server } from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { collect } from "../bytes.ts";
import { openVolumeFiles } from "./open-volume.ts";

const PART = 5 * 1024 * 1024;
const KEY = "files/big.safetensors";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function open(server: S3ServerOptions = {}) {
  const s3 = await startS3Server({ region: "EU-RO-1", ...server });
  closers.push(() => s3.stop());
  return s3;
}

async function volumeOn(s3: S3Server, attempts = 3) {
  const { endpoint, region, bucket, credentials } = s3;
  const place = { endpoint, region, bucket, credentials, folder: "cache", partBytes: PART, attempts };
  const volume = await openVolumeFiles({ ...place, credentialsAdvice: "the keys of the volume" });
  closers.push(() => volume.close());
  return volume;
}

const content = Buffer.alloc(3 * PART + 1_000, "a body of four parts, none of which is like another: ");
for (let at = 0; at < content.length; at += PART) content[at] = at / PART;
const source: LargeSource = {
  bytes: content.length,
  sha256: sha256Hex(content),
  async *open() {
    for (let at = 0; at < content.length; at += 700_000) yield content.subarray(at, at + 700_000);
  },
};
const sent = ({ requests }: S3Server, operation: string) =>
  requests.filter((request) => request.operation === operation && request.status === 200).length;
const signal = new AbortController().signal;

describe("a resumable upload to a volume", () => {
  it.each(["amazon", "older"] as const)("puts a large file and leaves nothing else (%s)", async (profile) => {
    const s3 = await open({ profile });
    const volume = await volumeOn(s3);
    const heard: number[] = [];
    await volume.putLarge(KEY, source, { signal, onPart: (bytes) => heard.push(bytes) });
    const { body } = await volume.get(KEY);
    expect(sha256Hex(await collect(body, 1e9, KEY))).toBe(source.sha256);
    expect(heard.at(-1)).toBe(content.length);
    expect(s3.contents()).toEqual({ keys: [`cache/${KEY}`], uploads: [] });
  });

  it("sends only the parts that are not there, after its process ended", async () => {
    const s3 = await open();
    // Everything after the second part is lost, as when a machine is switched off.
    s3.faults.add({ operation: "UploadPart", skip: 2, count: 1_000, fault: { type: "drop", when: "before" } });
    await expect((await volumeOn(s3, 1)).putLarge(KEY, source, { signal })).rejects.toMatchObject({
      errorClass: "transient",
    });
    expect(s3.contents()).toEqual({ keys: [], uploads: [`cache/${KEY}`] });
    s3.faults.clear();
    const heard: number[] = [];
    await (await volumeOn(s3)).putLarge(KEY, source, { signal, onPart: (bytes) => heard.push(bytes) });
    expect(sent(s3, "UploadPart")).toBe(4);
    expect(heard).toHaveLength(4);
    expect(s3.contents()).toEqual({ keys: [`cache/${KEY}`], uploads: [] });
  });

  it("sends a part again whose bytes are not those of the body", async () => {
    const s3 = await open();
    s3.faults.add({ operation: "CompleteMultipartUpload", count: 1_000, fault: { type: "drop", when: "before" } });
    const other = Buffer.from(content);
    other[PART + 17] = (other[PART + 17] ?? 0) ^ 1;
    const wrong: LargeSource = {
      bytes: other.length,
      sha256: sha256Hex(other),
      async *open() {
        yield other;
      },
    };
    await expect((await volumeOn(s3, 1)).putLarge(KEY, wrong, { signal })).rejects.toThrow();
    s3.faults.clear();
    const volume = await volumeOn(s3);
    await volume.putLarge(KEY, source, { signal });
    expect(sent(s3, "UploadPart")).toBe(5);
    expect(sha256Hex(await collect((await volume.get(KEY)).body, 1e9, KEY))).toBe(source.sha256);
  });

  it.each(["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"])(
    "survives a lost answer to %s, and leaves no other upload",
    async (operation) => {
      const s3 = await open();
      s3.faults.add({ operation, fault: { type: "drop", when: "after" } });
      await (await volumeOn(s3)).putLarge(KEY, source, { signal });
      expect(s3.contents()).toEqual({ keys: [`cache/${KEY}`], uploads: [] });
    },
  );

  it("starts anew where a server tells nothing of uploads", async () => {
    const s3 = await open();
    const notImplemented = { type: "error", status: 501, code: "NotImplemented" } as const;
    s3.faults.add({ operation: "ListMultipartUploads", count: 1_000, fault: notImplemented });
    await (await volumeOn(s3)).putLarge(KEY, source, { signal });
    expect(s3.contents().keys).toEqual([`cache/${KEY}`]);
  });

  it("refuses a body that is not what its digest says, and takes its parts away", async () => {
    const s3 = await open();
    const volume = await volumeOn(s3);
    const lying = { ...source, sha256: sha256Hex(Buffer.from("another")) };
    await expect(volume.putLarge(KEY, lying, { signal })).rejects.toMatchObject({ code: "wrong-digest" });
    expect(s3.contents()).toEqual({ keys: [], uploads: [] });
  });

  it("drops what broken uploads of other keys left", async () => {
    const s3 = await open();
    s3.faults.add({ operation: "CompleteMultipartUpload", count: 1_000, fault: { type: "drop", when: "before" } });
    const volume = await volumeOn(s3, 1);
    for (const key of ["files/a", "files/b"]) await volume.putLarge(key, source, { signal }).catch(() => {});
    await volume.dropUploads(new Set(["files/b"]), signal);
    expect(s3.contents().uploads).toEqual(["cache/files/b"]);
  });
});

it("refused keys are told with what to look at, which is not the object store's", async () => {
  const s3 = await open();
  const credentials = { ...s3.credentials, secretAccessKey: "another secret than the server's" };
  const volume = await volumeOn({ ...s3, credentials }, 1);
  await expect(volume.put("x", Buffer.from("x"))).rejects.toMatchObject({
    code: "storage-denied",
    message: expect.stringMatching(/check the keys of the volume$/),
  });
});
