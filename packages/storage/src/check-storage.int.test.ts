import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startS3Server } from "@loramill/testkit";
import { afterEach, expect, it } from "vitest";
import { serveSignedObjects } from "../test/serve-signed-objects.ts";
import { checkStorage, type StorageCheck } from "./check-storage.ts";
import { openStores } from "./open-stores.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function onServer(server: Parameters<typeof startS3Server>[0], s3: object = {}) {
  const started = await startS3Server(server);
  const { endpoint, credentials, bucket } = started;
  const stores = await openStores({
    url: `s3://${bucket}/p`,
    s3: { endpoint, credentials, forcePathStyle: true, attempts: 1, ...s3 },
  });
  closers.push(
    () => started.stop(),
    () => stores.close(),
  );
  return { server: started, stores };
}

const summary = (checks: readonly StorageCheck[]) =>
  checks.filter(({ status }) => status !== "ok").map(({ name, status }) => `${name}: ${status}`);

it("finds nothing wrong with a good server, tells as it goes and leaves nothing", async () => {
  const { server, stores } = await onServer({ pageSize: 2 });
  const told: string[] = [];
  const checks = await checkStorage(stores.objects, { onCheck: ({ name }) => told.push(name) });
  expect(summary(checks)).toEqual([]);
  expect(told).toEqual(checks.map(({ name }) => name));
  expect(checks.length).toBeGreaterThanOrEqual(12);
  expect(server.contents()).toEqual({ keys: [], uploads: [] });
});

it("finds nothing wrong with a folder; signed URLs need PUBLIC_URL", async () => {
  const root = await mkdtemp(join(tmpdir(), "loramill-check-"));
  closers.push(() => rm(root, { recursive: true }));
  const bare = await openStores({ url: root });
  expect(summary(await checkStorage(bare.objects, { largeBytes: 100_000 }))).toEqual(["signed URLs: skipped"]);
  const api = await serveSignedObjects();
  closers.push(() => api.close());
  const stores = await openStores({ url: root, publicUrl: api.url });
  api.use(stores);
  expect(summary(await checkStorage(stores.objects))).toEqual([]);
});

it("says what to set for an older server, and is content when it is set", async () => {
  const older = await onServer({ profile: "older" }, { checksums: "when-required" });
  const checks = await checkStorage(older.stores.objects);
  expect(summary(checks)).toEqual(["leave nothing behind: failed"]);
  const mended = await onServer({ profile: "older" }, { checksums: "when-required", contentMd5: true });
  expect(summary(await checkStorage(mended.stores.objects))).toEqual([]);
});

it("does not go on when the first write fails, and names what to do without secrets", async () => {
  const { stores } = await onServer({}, { credentials: { accessKeyId: "stranger", secretAccessKey: "hunter2" } });
  const checks = await checkStorage(stores.objects);
  expect(checks[0]).toMatchObject({ status: "failed", advice: expect.stringContaining("Check the keys") });
  expect(checks.slice(1, -1).every(({ status }) => status === "skipped")).toBe(true);
  expect(JSON.stringify(checks)).not.toContain("hunter2");
});

it("catches a server that damages bytes or lets everybody in", async () => {
  const { server, stores } = await onServer({});
  server.faults.add({ operation: "GetObject", skip: 1, fault: { type: "corrupt" } });
  const careless: typeof fetch = async (url, init) => {
    const answer = await fetch(url, init);
    return answer.status === 403 ? new Response("signed") : answer;
  };
  const checks = await checkStorage(stores.objects, { fetch: careless });
  expect(summary(checks)).toEqual(["read a range: failed", "signed URLs: failed"]);
  expect(checks.find(({ name }) => name === "signed URLs")?.message).toContain("forged");
});

it("cleans up when it is aborted", async () => {
  const { server, stores } = await onServer({});
  const stop = new AbortController();
  const checking = checkStorage(stores.objects, {
    signal: stop.signal,
    onCheck: ({ name }) => name === "overwrite" && stop.abort(new Error("enough")),
  });
  await expect(checking).rejects.toThrow("enough");
  expect(server.contents()).toEqual({ keys: [], uploads: [] });
});
