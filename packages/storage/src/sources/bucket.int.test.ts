import { startS3Server } from "@loramill/testkit";
import { expect, it, onTestFinished } from "vitest";
import { readSource, temporaryStores } from "../../test/read-source.ts";
import { openStores } from "../open-stores.ts";
import { fingerprintSources } from "./fingerprint.ts";
import { defaultSourceLimits } from "./source-config.ts";

async function bucketWithPictures() {
  const server = await startS3Server({ pageSize: 2, bucket: "pictures" });
  const { endpoint, credentials } = server;
  const s3 = { endpoint, credentials, forcePathStyle: true, attempts: 2 };
  const pictures = await openStores({ url: "s3://pictures", s3 });
  onTestFinished(async () => {
    await pictures.close();
    await server.stop();
  });
  for (const key of ["dogs/1.jpg", "dogs/sub/2.jpg", "dogs/.hidden", "dogs-not/3.jpg", "cats/4.jpg", "dogs/z.txt"]) {
    await pictures.objects.put(key, Buffer.from(key));
  }
  return { server, stores: pictures };
}

it("reads what lies below a prefix of a bucket, page by page", async () => {
  const { stores } = await bucketWithPictures();
  for (const url of ["s3://pictures/dogs", "s3://pictures/dogs/"]) {
    expect(await readSource({ type: "s3", url }, { stores })).toEqual([
      "1.jpg=dogs/1.jpg",
      "sub/2.jpg=dogs/sub/2.jpg",
      "z.txt=dogs/z.txt",
    ]);
  }
  expect(
    await readSource({ type: "s3", url: "s3://pictures/" }, { stores, limits: { maxFiles: 2, maxFileBytes: 10 } }),
  ).toEqual(["cats/4.jpg=cats/4.jpg", "dogs-not/3.jpg!file-too-large", "dogs/1.jpg!too-many-files"]);
  await expect(readSource({ type: "s3", url: "s3://nowhere/x" }, { stores })).rejects.toMatchObject({
    code: "bucket-missing",
  });
});

it("knows a prefix again by names, sizes and times", async () => {
  const { stores } = await bucketWithPictures();
  const options = { limits: defaultSourceLimits, stores };
  const look = () => fingerprintSources([{ type: "s3", url: "s3://pictures/dogs" }], options);
  const first = await look();
  expect(first).toMatchObject({ items: 3, bytes: 34, mode: "stat" });
  expect(await look()).toEqual(first);
  await stores.objects.put("dogs/5.jpg", Buffer.from("new"));
  expect((await look()).digest).not.toBe(first.digest);
});

it("is refused with advice where no server is configured", async () => {
  const { openBucket: _, ...stores } = await temporaryStores();
  const options = { limits: defaultSourceLimits, stores };
  const look = fingerprintSources([{ type: "s3", url: "s3://pictures/dogs" }], options);
  await expect(look).rejects.toMatchObject({ name: "UserError", code: "no-object-server" });
});
