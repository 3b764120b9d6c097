import type { BaseModel, Catalog } from "@loramill/catalog";
import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import { type BlobRef, type BlobStore, sha256Hex, UserError } from "@loramill/contracts";
import type { ModelFetcher } from "@loramill/storage";
import { keepLog } from "@loramill/testkit";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createModelPuller } from "./model-puller.ts";

type ModelFetch = Parameters<ModelFetcher["fetch"]>[0];

let server: TestServer;
let catalog: Catalog;
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

const weights = { sha256: sha256Hex("weights"), bytes: 7, mediaType: "application/octet-stream" } as BlobRef;

/** A hub that sends what it is told to, when it is told to. */
function openHub() {
  const asked: ModelFetch[] = [];
  const answers: PromiseWithResolvers<BlobRef>[] = [];
  const fetch = (wanted: ModelFetch) => {
    const answer = Promise.withResolvers<BlobRef>();
    wanted.signal.addEventListener("abort", () => answer.reject(wanted.signal.reason), { once: true });
    asked.push(wanted);
    answers.push(answer);
    return answer.promise;
  };
  return { asked, answers, fetcher: { fetch, close: async () => {} } };
}

/** The puller of one more API on the same catalog. */
function openPuller(hub: ReturnType<typeof openHub>) {
  const blobs = { has: async () => false } as unknown as BlobStore;
  const puller = createModelPuller({
    catalog,
    blobs,
    fetcher: hub.fetcher,
    hubUrl: "http://hub",
    token: null,
    log: keepLog(),
  });
  onTestFinished(() => puller.close());
  return puller;
}

async function saved(id: string): Promise<BaseModel> {
  const source = { type: "hub" as const, repository: id, revision: "main" };
  const files = [{ path: "model.safetensors", sha256: null, bytes: null }];
  await catalog.models.save({ id, family: "sdxl", source, licence: null, files });
  const model = await catalog.models.find(id);
  if (model === null) throw new Error("it was saved");
  return model;
}

test("every API tells how a pull goes, and a second one joins it", async () => {
  const model = await saved("owner/model");
  const hub = openHub();
  const [one, two] = [openPuller(hub), openPuller(hub)];
  expect([await one.status(model.id), await two.status(model.id)]).toEqual([null, null]);
  expect(await one.start(model)).toMatchObject({ state: "running" });
  expect(await two.status(model.id), "from the first moment").toMatchObject({ state: "running" });
  expect(await two.start(model)).toMatchObject({ state: "running" });
  await expect.poll(() => hub.asked.length).toBe(1);
  hub.asked[0]?.onBytes?.(3, 7);
  await expect
    .poll(() => two.status(model.id))
    .toMatchObject({ state: "running", path: "model.safetensors", done: 3, total: 7 });
  hub.answers[0]?.resolve(weights);
  for (const puller of [one, two]) {
    await expect.poll(async () => (await puller.status(model.id))?.state).toBe("succeeded");
  }
  expect(hub.asked).toHaveLength(1);
});

test("every API tells why a pull failed, and any of them may pull again", async () => {
  const model = await saved("owner/other");
  const hub = openHub();
  const [one, two] = [openPuller(hub), openPuller(hub)];
  await one.start(model);
  await expect.poll(() => hub.answers.length).toBe(1);
  hub.answers[0]?.reject(new UserError("there is no such file", { code: "fetch-failed" }));
  await expect.poll(() => two.status(model.id)).toMatchObject({ state: "failed", error: "there is no such file" });
  await expect
    .poll(async () => {
      await two.start(model);
      return hub.answers.length;
    })
    .toBe(2);
  expect(await one.status(model.id)).toMatchObject({ state: "running", error: null });
  hub.answers[1]?.resolve(weights);
  await expect.poll(async () => (await one.status(model.id))?.state).toBe("succeeded");
});

test("a pull whose process is gone has failed, and a late word of it changes nothing", async () => {
  const model = await saved("owner/lost");
  const pull = { state: "running" as const, path: "model.safetensors", done: 1, total: 7, error: null };
  const gone = await catalog.modelPulls.begin(model.id, pull);
  expect(await catalog.modelPulls.find(model.id)).toEqual(pull);
  await catalog.pool.query("update loramill.model_pulls set seen_at = now() - interval '5 minutes' where model = $1", [
    model.id,
  ]);
  expect(await catalog.modelPulls.find(model.id)).toMatchObject({
    state: "failed",
    error: expect.stringContaining("pull again"),
  });
  await catalog.modelPulls.begin(model.id, { ...pull, done: 2 });
  await catalog.modelPulls.tell(model.id, gone, { ...pull, state: "failed", error: "late" });
  expect(await catalog.modelPulls.find(model.id)).toEqual({ ...pull, done: 2 });
  await catalog.models.remove(model.id);
  expect(await catalog.modelPulls.find(model.id)).toBeNull();
});
