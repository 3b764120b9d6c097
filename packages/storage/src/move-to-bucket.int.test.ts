import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { startS3Server } from "@loramill/testkit";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../test/read-source.ts";
import { openStores } from "./open-stores.ts";
import { createS3Client } from "./s3/s3-client.ts";
import { storageConfig } from "./storage-config.ts";

// What docs/operations/backups.md tells who moves to a cluster: any tool that copies files does.
test("the objects of a folder, copied to a bucket without the hidden folder, are those that it reads", async () => {
  const folder = await temporaryFolder();
  const { storage } = storageConfig.options(storageConfig.env.parse({ STORAGE_URL: folder }));
  const before = await openStores(storage);
  const picture = await before.blobs.put(Buffer.from("a picture"), { mediaType: "image/png" });
  await before.objects.put("checkpoints/job_1/2/3/of a name.bin", Buffer.from("a checkpoint"));
  await before.close();

  const server = await startS3Server({});
  onTestFinished(() => server.stop());
  const { endpoint, credentials, bucket } = server;
  const s3 = { ...storage.s3, endpoint, credentials, forcePathStyle: true };
  const client = createS3Client(s3);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    if (name.startsWith(".")) continue;
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: `mill/${name}`, Body: await readFile(path) }));
  }
  client.destroy();

  const after = await openStores({ ...storage, url: `s3://${bucket}/mill`, s3 });
  onTestFinished(() => after.close());
  expect(Buffer.from(await after.blobs.read(picture)).toString()).toBe("a picture");
  const keys: string[] = [];
  for await (const { key } of after.objects.list("")) keys.push(key);
  expect(keys).toEqual([`blobs/${picture.sha256}`, "checkpoints/job_1/2/3/of a name.bin"]);
});
