import { expect, it } from "vitest";
import { openStores, parseStorageUrl } from "./open-stores.ts";
import { sourceConfig } from "./sources/source-config.ts";
import { storageConfig } from "./storage-config.ts";

const parse = (env: Record<string, string>) => storageConfig.options(storageConfig.env.parse(env)).storage;

it("describes every variable", () => {
  for (const { shape } of [storageConfig.env, sourceConfig.env]) {
    for (const [name, schema] of Object.entries(shape)) expect(schema.description, name).toMatch(/\w{3}/);
  }
});

it("uses path style with a server of one's own, host style with Amazon's", () => {
  expect(parse({}).s3.forcePathStyle).toBe(false);
  expect(parse({ S3_ENDPOINT: "http://127.0.0.1:9000" }).s3.forcePathStyle).toBe(true);
  expect(parse({ S3_ENDPOINT: "https://s3.example", S3_FORCE_PATH_STYLE: "false" }).s3.forcePathStyle).toBe(false);
});

it("takes the keys together or leaves the search to the SDK", () => {
  expect(parse({}).s3.credentials).toBeNull();
  expect(parse({ S3_ACCESS_KEY_ID: "a", S3_SECRET_ACCESS_KEY: "b" }).s3.credentials).toEqual({
    accessKeyId: "a",
    secretAccessKey: "b",
  });
  expect(() => parse({ S3_ACCESS_KEY_ID: "a" })).toThrow(/belong together/);
});

it("refuses sizes and times that cannot work", () => {
  for (const env of [
    { S3_PART_BYTES: "1000" },
    { S3_ATTEMPTS: "0" },
    { STORAGE_FSYNC: "maybe" },
    { S3_ENDPOINT: "ftp://x" },
  ]) {
    expect(storageConfig.env.safeParse(env).success, JSON.stringify(env)).toBe(false);
  }
  expect(sourceConfig.env.safeParse({ SOURCE_MAX_FILES: "none" }).success).toBe(false);
});

it("understands folders, file URLs and buckets", () => {
  expect(parseStorageUrl("/var/lib/mill")).toEqual({ type: "file", folder: "/var/lib/mill" });
  expect(parseStorageUrl("./data").type).toBe("file");
  expect(parseStorageUrl("file:///var/a%20b")).toEqual({ type: "file", folder: "/var/a b" });
  expect(parseStorageUrl("s3://bucket")).toEqual({ type: "s3", bucket: "bucket", prefix: "" });
  expect(parseStorageUrl("s3://my.bucket-1/some/prefix/")).toEqual({
    type: "s3",
    bucket: "my.bucket-1",
    prefix: "some/prefix",
  });
  for (const url of ["s3:///prefix", "s3://UPPER/x", "http://host/x", "file://host/x", "s3://bucket/../x"]) {
    expect(() => parseStorageUrl(url), url).toThrow();
  }
});

it("never repeats credentials of a URL it refuses", async () => {
  const opening = openStores({ url: "https://user:hunter2@host/bucket" });
  await expect(opening).rejects.toMatchObject({
    code: "bad-storage-url",
    message: expect.not.stringContaining("hunter2"),
  });
});
