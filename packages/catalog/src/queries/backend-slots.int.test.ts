import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claimed, settlementOf, startedRun } from "../../test/fixtures.ts";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog & { readonly url: string };
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

describe("slots of a backend", () => {
  test("are given to as many jobs as there are, however many ask at once, and again to those that hold one", async () => {
    const { jobs } = await startedRun(catalog, 12);
    const others = [server.openAgain(catalog.url), server.openAgain(catalog.url)];
    const ask = (job: (typeof jobs)[number]["job"], at = 0) =>
      (others[at % 2] ?? catalog).backendSlots.take({ backend: "comfyui", job, slots: 3 });
    const answers = await Promise.all(jobs.map(({ job }, at) => ask(job, at)));
    expect(answers.filter(Boolean)).toHaveLength(3);
    expect(await Promise.all(jobs.map(({ job }) => ask(job)))).toEqual(answers);
    const [first] = jobs;
    if (first === undefined) throw new Error("no job");
    expect(await catalog.backendSlots.take({ backend: "replicate", job: first.job, slots: 1 })).toBe(true);
  });

  test("come back when their job has ended, and not while it is parked or its worker is lost", async () => {
    const { jobs } = await startedRun(catalog, 2);
    const [holder, other] = jobs as [(typeof jobs)[number], (typeof jobs)[number]];
    const ask = (job: typeof holder.job) => catalog.backendSlots.take({ backend: "one", job, slots: 1 });
    const claim = await claimed(catalog, holder);
    expect(await ask(holder.job)).toBe(true);
    expect(await ask(other.job)).toBe(false);
    await claimed(catalog, holder, "another-worker");
    expect(await ask(other.job)).toBe(false);
    await catalog.ledger.settle(settlementOf({ ...claim, epoch: claim.epoch + 1 }));
    expect(await ask(other.job)).toBe(true);
    expect(await ask(holder.job)).toBe(false);
  });
});
