import { openAsBlob } from "node:fs";
import { join } from "node:path";
import { UploadAnswer } from "@loramill/contracts";
import { ApiError, createClient } from "@loramill/sdk";
import { beforeAll, describe, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { openMill } from "../support/open-mill.ts";
import { finished, smallSpec, stepOf } from "../support/runs.ts";

/** A training is seen, and ended, in its midst also where it takes seconds. */
const mill = openMill({ QUEUE_HEARTBEAT_SECONDS: "0.2" });
const pictures = mill.at("pictures");
let url: string;

beforeAll(async () => {
  await drawSamplePictures(pictures);
  url = mill.client.url;
});

const datasetOnly = (name: string) => ({
  name,
  dataset: { sources: [{ type: "folder" as const, path: pictures }], prepare: { resolution: 64 } },
});

describe("specs", () => {
  test("a wrong spec is a problem that names the field", async () => {
    const answer = await fetch(`${url}/v1/runs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "x", dataset: { sources: [] } }),
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(await answer.json()).toMatchObject({
      code: "bad-request",
      status: 400,
      detail: expect.stringContaining("sources"),
    });
  });

  test("YAML is taken as well as JSON, and plans are equal byte for byte", async () => {
    const yaml = `name: yaml\ndataset:\n  sources:\n    - type: folder\n      path: ${pictures}\n  prepare:\n    resolution: 64\n`;
    const plan = async (body: string, type: string) => {
      const answer = await fetch(`${url}/v1/plans`, { method: "POST", headers: { "content-type": type }, body });
      expect(answer.status).toBe(200);
      return (await answer.json()) as { digest: string };
    };
    const first = await plan(yaml, "application/yaml");
    const second = await plan(JSON.stringify(datasetOnly("yaml")), "application/json");
    expect(first.digest).toBe(second.digest);
  });

  test("a quote says what an earlier run already did", async () => {
    const spec = datasetOnly("quoted");
    const before = await mill.client.quote({ ...spec, policy: { reuse: false } });
    expect(before.steps.map((step) => step.cache)).toEqual(["miss", "miss", "miss"]);
    await finished(mill.client, (await mill.client.createRun(spec)).id);
    const after = await mill.client.quote(spec);
    expect(after.steps.map((step) => step.cache)).toEqual(["reused", "reused", "reused"]);
    expect(after.costMicroUsd.p90).toBe(0);
  });
});

describe("runs", () => {
  test("the same Idempotency-Key is the same run; with another body it is refused", async () => {
    const first = await mill.client.createRun(datasetOnly("once"), { idempotencyKey: "key-1" });
    const again = await mill.client.createRun(datasetOnly("once"), { idempotencyKey: "key-1" });
    expect(again.id).toBe(first.id);
    const other = mill.client.createRun(datasetOnly("other"), { idempotencyKey: "key-1" });
    await expect(other).rejects.toMatchObject({ problem: { status: 409, code: "idempotency-conflict" } });
  });

  test("what was asked for can be had, and asked for again", async () => {
    const { id } = await mill.client.createRun({ ...datasetOnly("asked"), budgetUsd: 3 });
    const spec = await mill.client.getSpec(id);
    expect(spec).toMatchObject({ ...datasetOnly("asked"), budgetUsd: 3, priority: 5, project: "default" });
    expect((await mill.client.plan(spec)).lock.steps).toEqual((await mill.client.getPlan(id)).steps);
  });

  test("lists page by cursor, newest first", async () => {
    for (const name of ["one", "two", "three"]) await mill.client.createRun(datasetOnly(name));
    const first = await mill.client.listRuns({ limit: 2 });
    expect(first.items.map((run) => run.name)).toEqual(["three", "two"]);
    const second = await mill.client.listRuns({ limit: 2, cursor: first.next ?? "" });
    expect(second.items[0]?.name).toBe("one");
  });

  test("progress comes as server-sent events and over a WebSocket, in order and to the end", async () => {
    const started = await mill.client.createRun({ ...datasetOnly("watched"), policy: { reuse: false } });
    const socket = new WebSocket(`${url.replace("http", "ws")}/v1/runs/${started.id}/socket`);
    const messages: { kind: string }[] = [];
    socket.addEventListener("message", ({ data: text }) => messages.push(JSON.parse(String(text))));
    const closed = new Promise<void>((done) => socket.addEventListener("close", () => done()));
    const ids: number[] = [];
    let last = started.state;
    for await (const message of mill.client.follow(started.id)) {
      if (message.kind === "event") ids.push(message.event.id);
      else last = message.run.state;
    }
    await closed;
    expect(last).toBe("succeeded");
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(new Set(ids).size).toBe(ids.length);
    expect(messages.filter((message) => message.kind === "event")).toHaveLength(ids.length);
    expect(messages.at(-1)?.kind).toBe("snapshot");
  });

  test("cancel ends a training within seconds, and resume goes on from where it was", async () => {
    const spec = smallSpec(pictures, {
      name: "cancelled",
      train: { recipe: { steps: 120, batchSize: 4, saveEverySteps: 10, rank: 4, seed: 3 } },
    });
    delete spec.generate;
    const { id } = await mill.client.createRun(spec);
    for await (const message of mill.client.follow(id)) {
      if (message.kind === "snapshot" && Number(stepOf(message.run, "train").progress?.step ?? 0) >= 10) break;
    }
    await mill.client.cancelRun(id);
    const cancelled = await finished(mill.client, id, 60_000);
    expect(cancelled.state).toBe("cancelled");
    expect(stepOf(cancelled, "caption").state).toBe("succeeded");
    const resumed = await mill.client.resumeRun(id);
    expect(resumed.state).toBe("running");
    expect((await finished(mill.client, id)).state).toBe("succeeded");
  });

  test("a dataset that a gate blocks is explained by its report", async () => {
    const spec = datasetOnly("blocked");
    const gates = { minImages: 500, onFewImages: "block" } as const;
    const { id } = await mill.client.createRun({ ...spec, dataset: { ...spec.dataset, gates } });
    expect(await finished(mill.client, id)).toMatchObject({ state: "failed", error: { code: "gate-blocked" } });
    const { items } = await mill.client.listArtifacts(id);
    const report = items.find(({ kind }) => kind === "dataset-report");
    const page = Buffer.from(await mill.client.download(report?.url ?? "")).toString();
    expect(page).toMatch(/Blocked<\/b>\d+ images, fewer than the 500 recommended/);
  });

  test("a run that is not there is a 404 problem; an unknown path too", async () => {
    const missing = mill.client.getRun(`run_${"0".repeat(32)}`);
    await expect(missing).rejects.toMatchObject({ problem: { status: 404, code: "run-not-found" } });
    expect((await fetch(`${url}/v1/nothing`)).status).toBe(404);
  });
});

describe("uploads and objects", () => {
  test("uploaded files are a source like a folder", async () => {
    const names = ["zorb-01.png", "zorb-01.txt", "zorb-02.png"];
    const form = new FormData();
    for (const name of names) form.append("files", await openAsBlob(join(pictures, name)), name);
    const answer = await fetch(`${url}/v1/uploads`, { method: "POST", body: form });
    const upload = UploadAnswer.parse(await answer.json());
    expect(upload.files).toBe(3);
    const { id } = await mill.client.createRun({
      name: "up",
      dataset: { sources: [{ type: "upload", listing: upload.listing }], prepare: { resolution: 64 } },
    });
    const run = await finished(mill.client, id);
    expect(run.state).toBe("succeeded");
    expect(stepOf(run, "dataset").items).toBe(2);
  });

  test("signed URLs serve ranges without a key, and not when they were changed", async () => {
    const { id } = await mill.client.createRun(datasetOnly("signed"));
    await finished(mill.client, id);
    const [image] = (await mill.client.listArtifacts(id, { datasetImages: true })).items.filter(
      (item) => item.kind === "dataset-image",
    );
    const signed = new URL(image?.url ?? "", url);
    const part = await fetch(signed, { headers: { range: "bytes=1-3" } });
    expect(part.status).toBe(206);
    expect(await part.text()).toBe("PNG");
    signed.searchParams.set("expires", "99999999999");
    expect((await fetch(signed)).status).toBe(403);
  });
});

describe("access", () => {
  test("a key sees its own project only, and cannot do what its scopes do not say", async () => {
    const { key } = await mill.client.createKey({ project: "theirs", name: "reader", scopes: ["read"] });
    const theirs = createClient({ url, apiKey: key });
    expect((await theirs.listRuns()).items).toEqual([]);
    const [ours] = (await mill.client.listRuns({ limit: 1 })).items;
    await expect(theirs.getRun(ours?.id ?? "")).rejects.toMatchObject({ problem: { status: 404 } });
    await expect(theirs.createRun(datasetOnly("no"))).rejects.toMatchObject({
      problem: { status: 403, code: "forbidden" },
    });
    await expect(createClient({ url, apiKey: "lm_wrong" }).listRuns()).rejects.toBeInstanceOf(ApiError);
    const [listed] = (await mill.client.listKeys("theirs")).items;
    await mill.client.revokeKey(listed?.id ?? "");
    await expect(theirs.listRuns()).rejects.toMatchObject({ problem: { status: 401 } });
  });

  test("a web page of elsewhere cannot use a browser to reach a mill without keys", async () => {
    const answer = await fetch(`${url}/v1/runs`, { headers: { origin: "https://evil.example" } });
    expect(answer.status).toBe(403);
  });
});

describe("health", () => {
  test("alive, ready, measured, described", async () => {
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain("loramill_");
    const description = (await (await fetch(`${url}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, unknown>;
    };
    expect(description.openapi).toBe("3.1.0");
    expect(Object.keys(description.paths)).toContain("/v1/runs/{run}");
  });

  test("the doctor finds the embedded services in order and tries the whole store when asked", async () => {
    const { checks } = await mill.client.doctor();
    expect(checks.filter((check) => check.status === "error")).toEqual([]);
    const thorough = await mill.client.doctor({ checks: "storage" });
    expect(thorough.checks.length).toBeGreaterThan(5);
    expect(thorough.checks.filter((check) => check.status === "error")).toEqual([]);
  });
});
