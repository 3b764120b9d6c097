import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ModelView } from "@loramill/contracts";
import { type FileServer, startFileServer } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MillProcess, makeDataDir, startMill } from "../support/mill.ts";
import { eventually } from "../support/runs.ts";

const data = makeDataDir();
const weights = Buffer.from("weights ".repeat(10_000));
const sha256 = createHash("sha256").update(weights).digest("hex");
let hub: FileServer;
let mill: MillProcess;

beforeAll(async () => {
  hub = await startFileServer({
    "/owner/model/resolve/main/model.safetensors": weights,
    "/owner/model/resolve/main/vae/vae.safetensors": "a small vae",
    "/black-forest-labs/FLUX.1-dev/resolve/main/flux1-dev.safetensors": weights,
  });
  const env = { MODEL_HUB_URL: hub.url, SOURCE_ALLOW_HTTP: "true", SOURCE_ALLOW_PRIVATE_NETWORK: "true" };
  mill = await startMill({
    dataDir: join(data.path, "data"),
    env: { ...env, MODEL_FOLDER: join(data.path, "pulls") },
  });
});
afterAll(async () => {
  await mill?.stop();
  await hub?.close();
  data.remove();
});

const ended = async (id: string): Promise<ModelView> =>
  eventually(
    `the pull of ${id} ends`,
    () => mill.client.models.get(id),
    ({ pull }) => pull !== null && pull.state !== "running",
  );

test("a base model is written down, pulled into the store once, verified and forgotten", async () => {
  const { models } = mill.client;
  const files = [{ path: "model.safetensors", sha256 }, { path: "vae/vae.safetensors" }];
  const source = { type: "hub", repository: "owner/model" } as const;
  const written = await models.save("owner/model", { family: "sdxl", source, files });
  expect(written).toMatchObject({ licence: null, files: [{ stored: false }, { stored: false, sha256: null }] });
  expect(written.vramBytes).toBeGreaterThan(5e9);

  hub.misbehave("/owner/model/resolve/main/model.safetensors", { kind: "cut" });
  await models.pull("owner/model");
  const pulled = await ended("owner/model");
  expect(pulled.pull).toMatchObject({ state: "succeeded", error: null });
  expect(pulled.files).toMatchObject([
    { path: "model.safetensors", sha256, bytes: weights.length, stored: true },
    { path: "vae/vae.safetensors", bytes: 11, stored: true },
  ]);
  const asked = hub.requests.length;
  await models.pull("owner/model");
  expect((await ended("owner/model")).pull?.state).toBe("succeeded");
  expect(hub.requests.length, "nothing is fetched twice").toBe(asked);

  const read: string[] = [];
  const verified = await models.verify("owner/model", { onProgress: ({ path }) => read.push(path) });
  expect(verified).toMatchObject({ files: [{ verdict: "right" }, { verdict: "right" }] });
  expect(read).toEqual(["model.safetensors", "vae/vae.safetensors"]);
  expect((await models.list()).items.map(({ id }) => id)).toContain("owner/model");
  await models.remove("owner/model");

  const folder = join(data.path, "mine");
  mkdirSync(folder);
  writeFileSync(join(folder, "merge.safetensors"), "a merge");
  const merge = { family: "sdxl" as const, source: { type: "path" as const, folder } };
  await models.save("merge", { ...merge, files: [{ path: "merge.safetensors" }] });
  await models.pull("merge");
  expect((await ended("merge")).files).toMatchObject([{ bytes: 7, stored: true }]);
  await models.save("merge", { ...merge, files: [{ path: "none.safetensors" }] });
  await models.pull("merge");
  expect((await ended("merge")).pull?.error).toContain("there is no such file");
  await expect(models.save("merge", { ...merge, files: [{ path: "../mill.json" }] })).rejects.toThrow("relative path");
  await expect(models.get("owner/model")).rejects.toMatchObject({ message: expect.stringContaining("no base model") });
});

test("a gated model says whose licence is to be accepted where, and a wrong file is not kept", async () => {
  const { models } = mill.client;
  const id = "black-forest-labs/FLUX.1-dev";
  const path = "flux1-dev.safetensors";
  const source = { type: "hub", repository: id } as const;
  const written = await models.save(id, { family: "flux", source, files: [{ path }] });
  expect(written.licence).toMatchObject({ gated: true });
  hub.misbehave(`/${id}/resolve/main/${path}`, { kind: "status", status: 401 });
  await models.pull(id);
  const refused = await ended(id);
  expect(refused.pull).toMatchObject({ state: "failed", path });
  expect(refused.pull?.error).toMatch(/answered 401.*accept its licence \(FLUX.*\) at https:.*HUGGINGFACE_TOKEN/);

  const other = createHash("sha256").update("another file").digest("hex");
  await models.save(id, { family: "flux", source, files: [{ path, sha256: other }] });
  await models.pull(id);
  expect((await ended(id)).pull?.error).toContain(`is ${sha256}, not ${other}`);
  await models.save(id, { family: "flux", source, files: [{ path: "missing.safetensors" }] });
  await models.pull(id);
  expect((await ended(id)).pull?.error).toContain("404");
});
