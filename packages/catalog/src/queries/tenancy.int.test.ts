import { digestOf } from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog;
let now = new Date("2026-01-01T00:00:00Z");
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open({ clock: { now: () => now } });
});
afterAll(() => server.stop());

const later = (ms: number) => {
  now = new Date(now.getTime() + ms);
};

describe("projects", () => {
  test("are made once, however many ask at the same time", async () => {
    const made = await Promise.all(Array.from({ length: 10 }, () => catalog.projects.ensure("shared")));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    const id = made[0]?.id;
    if (id === undefined) throw new Error("no project");
    const changes = { weight: 3, maxOpenJobs: 20 };
    expect(await catalog.projects.update(id, changes)).toMatchObject(changes);
    expect((await catalog.projects.list()).map(({ name }) => name)).toContain("shared");
  });

  test("are not made by who reads, and have nothing until somebody writes", async () => {
    const before = await catalog.projects.list();
    expect(await catalog.projects.get(await catalog.projects.idOf("nobody's"))).toBeNull();
    expect(await catalog.projects.list()).toEqual(before);
    const { id } = await catalog.projects.ensure("somebody's");
    expect(await catalog.projects.idOf("somebody's")).toBe(id);
  });
});

describe("API keys", () => {
  test("are kept as digests only, found by their secret, and end by expiry or revocation", async () => {
    const project = (await catalog.projects.ensure("keys")).id;
    const secret = "lm_0123456789abcdef";
    const scopes = ["read", "write"];
    const id = await catalog.apiKeys.create({ project, name: "ci", secret, scopes });
    expect(await catalog.apiKeys.create({ project, name: "ci", secret, scopes: [] })).toBe(id);
    expect(await catalog.apiKeys.find(secret)).toMatchObject({ id, project, projectName: "keys", scopes });
    expect(await catalog.apiKeys.find(`${secret}x`)).toBeNull();
    const { rows } = await catalog.pool.query("select row_to_json(k)::text as text from loramill.api_keys k");
    expect(rows[0].text).not.toContain(secret);
    expect((await catalog.apiKeys.list(project))[0]?.lastUsedAt).toEqual(now);

    const expiresAt = new Date(now.getTime() + 1_000);
    await catalog.apiKeys.create({ project, name: "short", secret: "short", scopes: [], expiresAt });
    expect(await catalog.apiKeys.find("short")).not.toBeNull();
    later(1_000);
    expect(await catalog.apiKeys.find("short")).toBeNull();

    const stranger = (await catalog.projects.ensure("stranger")).id;
    expect(await catalog.apiKeys.revoke(id, stranger)).toBe(false);
    expect(await catalog.apiKeys.revoke(id, project)).toBe(true);
    expect(await catalog.apiKeys.find(secret)).toBeNull();
  });
});

describe("idempotency keys", () => {
  test("let one of many equal requests through, and repeat its answer afterwards", async () => {
    const project = (await catalog.projects.ensure("idem")).id;
    const request = { project, key: "k1", requestDigest: digestOf({ a: 1 }) };
    const answers = await Promise.all(Array.from({ length: 8 }, () => catalog.idempotency.begin(request)));
    expect(answers.filter(({ kind }) => kind === "new")).toHaveLength(1);
    expect(answers.filter(({ kind }) => kind === "in-progress")).toHaveLength(7);
    const run = await catalog.runs.create({ project, ...trialRun([{ name: "caption" }]), idempotencyKey: "k1" });
    expect(await catalog.idempotency.begin(request)).toEqual({ kind: "done", run });
    later(61_000);
    expect(await catalog.idempotency.begin(request), "also when the process died right after").toEqual({
      kind: "done",
      run,
    });
    const different = { ...request, requestDigest: digestOf({ a: 2 }) };
    expect(await catalog.idempotency.begin(different)).toEqual({ kind: "mismatch" });
    const other = (await catalog.projects.ensure("idem2")).id;
    expect(await catalog.idempotency.begin({ ...request, project: other })).toEqual({ kind: "new" });
  });

  test("make one run, though a slow request and the one that took over both try", async () => {
    const project = (await catalog.projects.ensure("idem4")).id;
    const request = { project, key: "k", requestDigest: digestOf(1) };
    const create = () => catalog.runs.create({ project, ...trialRun([{ name: "caption" }]), idempotencyKey: "k" });
    expect(await catalog.idempotency.begin(request)).toEqual({ kind: "new" });
    later(61_000);
    expect(await catalog.idempotency.begin(request)).toEqual({ kind: "new" });
    const run = await create();
    await expect(create()).rejects.toMatchObject({ code: "idempotency-conflict" });
    expect((await catalog.runs.list({ project })).items.map(({ id }) => id)).toEqual([run]);
  });

  test("are free again after a failure, after their process died, and after they expired", async () => {
    const project = (await catalog.projects.ensure("idem3")).id;
    const request = { project, key: "k", requestDigest: digestOf(1), ttlMs: 120_000 };
    expect(await catalog.idempotency.begin(request)).toEqual({ kind: "new" });
    await catalog.idempotency.release(project, "k");
    expect(await catalog.idempotency.begin(request)).toEqual({ kind: "new" });
    later(61_000);
    expect(await catalog.idempotency.begin(request)).toEqual({ kind: "new" });
    await catalog.runs.create({ project, ...trialRun([{ name: "caption" }]), idempotencyKey: "k" });
    await catalog.idempotency.release(project, "k");
    expect(await catalog.idempotency.begin(request)).toMatchObject({ kind: "done" });
    later(120_000);
    expect(await catalog.idempotency.begin({ ...request, requestDigest: digestOf(2) })).toEqual({ kind: "new" });
    later(200_000);
    expect(await catalog.idempotency.sweep()).toBeGreaterThan(0);
  });
});
