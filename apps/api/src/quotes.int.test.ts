import { createAgentTraining } from "@loramill/backends";
import type { Catalog } from "@loramill/catalog";
import { CostView, digestOf, type FleetOffer, type JobId, type PodHealth, Quote, RunView } from "@loramill/contracts";
import { defaultFleetSettings, offerKey } from "@loramill/fleet";
import { presets } from "@loramill/recipes";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type ServedRoutes, serveRoutes } from "../test/serve-routes.ts";
import type { ApiDeps } from "./deps.ts";
import { createPlanner } from "./planning/planner.ts";
import type { PlanningDeps } from "./planning/planning-deps.ts";
import { readRentalMarket } from "./planning/rental-market.ts";
import { planRoutes } from "./routes/plans.ts";
import { runRoutes } from "./routes/runs.ts";

const clock = { now: () => new Date() };
const JOB = "job_00000000000000000000000000000001" as JobId;
const WEIGHTS = digestOf("weights");
const MODEL = "black-forest-labs/FLUX.1-dev";
const files = ["flux1-dev.safetensors", "ae.safetensors", "clip_l.safetensors", "t5xxl_fp16.safetensors"];
const offer: FleetOffer = {
  ...{ provider: "runpod", gpuType: "NVIDIA A100 80GB PCIe", region: "EU-RO-1", vramBytes: 80 * 1024 ** 3 },
  ...{ pricePerHourMicroUsd: 1_190_000, interruptible: false, available: 2 },
};

/** With a training backend that can only rent its machines; what it would otherwise read of this machine is given. */
function plannerOn(catalog: Catalog) {
  const agent = createAgentTraining(
    {
      ...{ urls: [], token: "", trainers: ["sd-scripts"], maxJobs: null, pollMs: 1_000, leaseSeconds: 300 },
      ...{ timeoutSeconds: 600, usdPerHour: 0, fleet: { providers: ["runpod"], secret: "a secret of the tests" } },
    },
    { stores: {} as PlanningDeps["stores"], clock, pods: async () => [] },
  );
  return createPlanner({
    ...{ localSources: true, storeReachable: true, presets, captioners: [], fuser: null, embedder: null },
    tokenCounters: {},
    stores: { documents: { put: async () => "" } },
    faceFinder: { id: "faces/1", isAvailable: async () => ({ available: false, message: "" }) },
    ...{ trainingBackends: [agent], generationBackends: [] },
    models: async () => [
      { id: MODEL, family: "flux", files: files.map((path) => ({ path, stored: { sha256: WEIGHTS, bytes: 2e10 } })) },
    ],
    pastTrainings: () => catalog.trainings.past(),
    rentalMarket: (project: string) =>
      readRentalMarket(project, {
        ...{ catalog, clock, settings: { ...defaultFleetSettings, idleSeconds: 600 } },
        listUsdPerHour: new Map(),
      }),
    ceilings: async () => [],
    findArtifact: async () => null,
    fingerprint: async () => ({ digest: digestOf("pictures"), items: 20, bytes: 3 }),
  } as unknown as PlanningDeps);
}

const spec = {
  name: "x",
  dataset: { sources: [{ type: "folder", path: "/pictures" }] },
  train: { preset: "flux", backend: "agent", recipe: { emaDecay: 0 } },
};

let routes: ServedRoutes;
let catalog: Catalog;
beforeAll(async () => {
  routes = await serveRoutes((deps) => async (server) => {
    const parts = { ...deps, planner: plannerOn(deps.catalog) } as ApiDeps;
    await server.register(planRoutes(parts));
    await server.register(runRoutes(parts, { urlSeconds: 60 }));
  });
  catalog = routes.catalog;
});
afterAll(() => routes.close());
beforeEach(async () => {
  await catalog.pool.query("truncate loramill.pods, loramill.fleet, loramill.ceilings, loramill.offers cascade");
  await catalog.fleet.offers.replace("runpod", [{ key: offerKey(offer), offer }]);
});

async function ask(method: "GET" | "POST", url: string, payload?: object): Promise<unknown> {
  const answer = await routes.server.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
  if (answer.statusCode >= 300) throw new Error(answer.body);
  return answer.json();
}
const quoteNow = async () => Quote.parse(await ask("POST", "/v1/quotes", spec));
const trainingOf = ({ steps }: Quote) => steps.find(({ kind }) => kind === "train");

/** A machine that answers and holds the base model. */
async function warmPod(name: string): Promise<void> {
  const health: PodHealth = { at: new Date(), trainers: ["sd-scripts"], slots: 1, active: 0, holds: [WEIGHTS] };
  await catalog.fleet.openPod({
    ...{ name, provider: "runpod", candidates: [offer], reason: "a test" },
    wantedFor: [JOB],
  });
  await catalog.fleet.intents.put({ name, state: "rented", asked: null, remoteId: `remote-${name}` });
  await catalog.fleet.move(name, "rent", { rentedAt: new Date(), offer });
  await catalog.fleet.move(name, "answer", { answeredAt: new Date(), health });
}

test("a quote is of the offers of now, with the fleet's own settings, part by part", async () => {
  const quote = await quoteNow();
  const train = trainingOf(quote);
  expect(train?.parts.map(({ part }) => part)).toEqual(["boot", "download", "work", "restarts", "idle"]);
  expect(train?.parts.find(({ part }) => part === "idle")?.seconds).toBe(600);
  expect(train?.parts.find(({ part }) => part === "download")?.seconds).toBeGreaterThan(2e10 / 2e8);
  expect(quote.expectedMicroUsd).toBe(train?.parts.reduce((sum, { microUsd }) => sum + microUsd, 0));
  expect(quote.notes).toContainEqual(expect.stringMatching(/^train: on a machine rented for it: .*A100.*\$1\.19\/h/));
});

test("a machine that is there makes it cheaper, as long as the fleet's plan keeps it, and what it has to do makes it later", async () => {
  const fresh = await quoteNow();
  await warmPod("loramill-warm");
  expect((await quoteNow()).costMicroUsd, "no plan has seen it yet").toEqual(fresh.costMicroUsd);
  await catalog.fleet.keepPlan([{ kind: "keep", pod: "loramill-warm", jobs: [], because: "is free" }]);
  const warm = await quoteNow();
  expect(warm.notes).toContainEqual(expect.stringContaining("train: on loramill-warm, which is there: "));
  expect(warm.expectedMicroUsd).toBeLessThan(fresh.expectedMicroUsd);
  const freeSeconds = { p50: 120, p90: 130 };
  await catalog.fleet.keepPlan([{ kind: "keep", pod: "loramill-warm", jobs: [], freeSeconds, because: "works" }]);
  const behind = await quoteNow();
  expect(behind.seconds.p50).toBeGreaterThan(warm.seconds.p50 + 60);
  await catalog.fleet.keepPlan([{ kind: "drain", pod: "loramill-warm", because: "nobody needs it" }]);
  expect((await quoteNow()).costMicroUsd).toEqual(fresh.costMicroUsd);
});

test("what keeps machines from being rented is told, and changes no price", async () => {
  const { costMicroUsd } = await quoteNow();
  const { id: project } = await catalog.projects.ensure("default");
  await catalog.ceilings.set({ project, period: "hour" }, 500_000);
  const tight = await quoteNow();
  expect(tight.notes).toContainEqual(expect.stringContaining("$0.50/h of its project"));
  await catalog.fleet.stop("a test says so", "local");
  await catalog.fleet.setDryRun(true);
  const { notes, ...stopped } = await quoteNow();
  expect(notes).toContainEqual(expect.stringContaining("nothing is rented while the fleet is stopped: a test says so"));
  expect(notes).toContainEqual(expect.stringContaining("dry run"));
  expect([tight.costMicroUsd, stopped.costMicroUsd]).toEqual([costMicroUsd, costMicroUsd]);
});

test("a quote writes nothing, not even the project that it is for", async () => {
  const before = await catalog.projects.list();
  await ask("POST", "/v1/quotes", { ...spec, project: "perhaps" });
  expect(await catalog.projects.list()).toEqual(before);
});

test("a run remembers what it was quoted, and tells what it came to when it was billed", async () => {
  const quote = await quoteNow();
  const { id: run } = RunView.parse(await ask("POST", "/v1/runs", spec));
  const events = await catalog.events.list({ run });
  expect(events.map(({ type }) => type)).toEqual(["run.created", "run.quoted"]);
  const before = CostView.parse(await ask("GET", `/v1/runs/${run}/costs`));
  expect(before.quote).toMatchObject({ expectedMicroUsd: quote.expectedMicroUsd, costMicroUsd: quote.costMicroUsd });
  expect(before.quote?.steps.map(({ name }) => name)).toEqual(["train"]);
  expect(before.outcome).toBeNull();
  await catalog.dispatch.moveRun(run, "start", null);
  const step = (await catalog.runs.get({ run }))?.steps.find(({ kind }) => kind === "train")?.id;
  await catalog.pool.query(
    `insert into loramill.ledger (id, run, step, job, epoch, ordinal, kind, supplier, quantity, unit, amount_micro_usd, note)
     values ('led_1', $1, $2, $4, 1, 0, 'compute', 'runpod', 60, 'gpu-second', $3, '')`,
    [run, step, 2 * quote.costMicroUsd.p90, JOB],
  );
  await catalog.dispatch.moveRun(run, "succeed", null);
  expect(await catalog.dispatch.settleQuotes(10, { gapShare: 0.05 })).toMatchObject([{ run, verdict: "beyond-p90" }]);
  const after = CostView.parse(await ask("GET", `/v1/runs/${run}/costs`));
  expect(after.outcome).toMatchObject({ verdict: "beyond-p90", billedMicroUsd: 2 * quote.costMicroUsd.p90 });
});
