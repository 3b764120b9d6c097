import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runObjectStoreSuite, type S3ServerOptions, type StoreUnderTest, startS3Server } from "@loramill/testkit";
import { serveSignedObjects } from "../test/serve-signed-objects.ts";
import { openStores } from "./open-stores.ts";
import type { S3Options } from "./s3/s3-options.ts";

const PART_BYTES = 5 * 1024 * 1024;

runObjectStoreSuite("a folder", async (): Promise<StoreUnderTest> => {
  const root = await mkdtemp(join(tmpdir(), "loramill-store-"));
  const api = await serveSignedObjects();
  const open = () => openStores({ url: root, publicUrl: api.url, sync: "never" });
  const stores = await open();
  api.use(stores);
  return {
    stores,
    other: await open(),
    leftovers: () => readdir(join(root, ".loramill", "tmp")),
    hugeBytes: 2 * PART_BYTES,
    close: async () => {
      await api.close();
      await rm(root, { recursive: true });
    },
  };
});

const onTestServer = (server: S3ServerOptions, s3: Partial<S3Options>) => async (): Promise<StoreUnderTest> => {
  const { endpoint, credentials, bucket, contents, stop } = await startS3Server({ ...server, pageSize: 7 });
  const spoolFolder = await mkdtemp(join(tmpdir(), "loramill-spool-"));
  const options = { endpoint, credentials, forcePathStyle: true, partBytes: PART_BYTES, spoolFolder, ...s3 };
  const open = () => openStores({ url: `s3://${bucket}/some/prefix`, s3: options });
  const [stores, other] = [await open(), await open()];
  return {
    stores,
    other,
    leftovers: async () => [...contents().uploads, ...(await readdir(spoolFolder))],
    hugeBytes: 2 * PART_BYTES,
    close: async () => {
      await Promise.all([stores.close(), other.close()]);
      await stop();
      await rm(spoolFolder, { recursive: true });
    },
  };
};

runObjectStoreSuite("the S3 test server", onTestServer({}, {}));
runObjectStoreSuite(
  "the S3 test server as an older server",
  onTestServer({ profile: "older" }, { checksums: "when-required", contentMd5: true }),
);

const live = process.env.S3_TEST_ENDPOINT;
if (live === undefined) {
  console.warn("SKIPPED: no other S3 server is tried; set S3_TEST_ENDPOINT, S3_TEST_BUCKET and the S3_TEST_ keys");
} else {
  runObjectStoreSuite(`the S3 server at ${live}`, async (): Promise<StoreUnderTest> => {
    const {
      S3_TEST_BUCKET = "loramill-test",
      S3_TEST_ACCESS_KEY_ID = "",
      S3_TEST_SECRET_ACCESS_KEY = "",
    } = process.env;
    const spoolFolder = await mkdtemp(join(tmpdir(), "loramill-spool-"));
    const s3: Partial<S3Options> = {
      endpoint: live,
      region: process.env.S3_TEST_REGION ?? "us-east-1",
      credentials: { accessKeyId: S3_TEST_ACCESS_KEY_ID, secretAccessKey: S3_TEST_SECRET_ACCESS_KEY },
      forcePathStyle: true,
      allowHttp: true,
      checksums: process.env.S3_TEST_CHECKSUMS === "when-required" ? "when-required" : "when-supported",
      contentMd5: process.env.S3_TEST_CONTENT_MD5 === "true",
      partBytes: PART_BYTES,
      spoolFolder,
    };
    const url = `s3://${S3_TEST_BUCKET}/suite-${randomUUID()}`;
    const [stores, other] = [await openStores({ url, s3 }), await openStores({ url, s3 })];
    return {
      stores,
      other,
      leftovers: () => readdir(spoolFolder),
      hugeBytes: 2 * PART_BYTES,
      close: async () => {
        await Promise.all([stores.close(), other.close()]);
        await rm(spoolFolder, { recursive: true });
      },
    };
  });
}
