import { createAgentTraining } from "@loramill/backends";
import { digestOf, type FleetOffer, type KnownModel, RunSpec, Source } from "@loramill/contracts";
import { learn } from "@loramill/intelligence";
import { presets } from "@loramill/recipes";
import { expect, it } from "vitest";
import { rentalMarket } from "../../test/rental-market.ts";
import { createPlanner } from "./planner.ts";
import type { PlanningDeps } from "./planning-deps.ts";

/** A server for strangers; whatever it would touch beyond the check fails the test. */
const planner = createPlanner({ localSources: false } as PlanningDeps);

it("reads no file of its own machine for clients, whatever the source is called", async () => {
  const paths: Readonly<Record<string, object>> = {
    folder: { type: "folder", path: "/etc" },
    archive: { type: "archive", path: "/etc/x.zip" },
    video: { type: "video", path: "/root/film.mp4" },
    manifest: { type: "manifest", path: "/etc/passwd" },
  };
  for (const [name, source] of Object.entries(paths)) {
    const spec = RunSpec.parse({ name: "x", dataset: { sources: [Source.parse(source)] } });
    await expect(planner.quote(spec), name).rejects.toMatchObject({ code: "local-sources-off" });
  }
});

it("refuses faces before anything is stored where the installation finds none", async () => {
  const unfound = { available: false, message: "run: npm install faces" };
  const planner = createPlanner({
    localSources: true,
    presets: {},
    captioners: [],
    fuser: null,
    embedder: null,
    tokenCounters: {},
    faceFinder: { id: "faces/1", isAvailable: async () => unfound },
    trainingBackends: [],
    generationBackends: [],
    fingerprint: async () => ({ digest: digestOf("pictures"), items: 3, bytes: 3 }),
  } as unknown as PlanningDeps);
  const dataset = {
    sources: [Source.parse({ type: "folder", path: "/pictures" })],
    cleaning: { faces: "one" },
  } as const;
  await expect(planner.plan(RunSpec.parse({ name: "x", dataset }))).rejects.toMatchObject({
    code: "faces-unavailable",
    message: expect.stringContaining("npm install faces"),
  });
});

it("ends the look through a source when another look has failed", async () => {
  const ended = Promise.withResolvers<unknown>();
  const away = new Error("nothing answers");
  const planner = createPlanner({
    ...{ localSources: true, presets: {}, captioners: [], fuser: null, embedder: null, tokenCounters: {} },
    ...{ trainingBackends: [], generationBackends: [] },
    faceFinder: { id: "faces/1", isAvailable: () => Promise.reject(away) },
    fingerprint: (_: unknown, signal: AbortSignal | undefined) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => {
          ended.resolve(signal.reason);
          reject(signal.reason);
        });
      }),
  } as unknown as PlanningDeps);
  const dataset = { sources: [Source.parse({ type: "folder", path: "/pictures" })] };
  await expect(planner.plan(RunSpec.parse({ name: "x", dataset }))).rejects.toBe(away);
  expect(await ended.promise).toBe(away);
});

it("plans the best of several answers, and an exact length, by what the installation has", async () => {
  const available = async () => ({ available: true, message: "is there" });
  const stored: unknown[] = [];
  const planner = createPlanner({
    localSources: true,
    presets: {},
    stores: { documents: { put: async (_: string, value: unknown) => stored.push(value) } },
    captioners: ["describe", "simple"].map((provider) => ({
      provider,
      captioner: { id: `${provider}/1`, isAvailable: available },
    })),
    fuser: null,
    embedder: { id: "clip:tiny@0", isAvailable: available },
    tokenCounters: { clip: { id: "clip@1", available: true, message: "counts" } },
    faceFinder: { id: "faces/1", isAvailable: available },
    trainingBackends: [],
    generationBackends: [],
    fingerprint: async () => ({ digest: digestOf("pictures"), items: 3, bytes: 3 }),
  } as unknown as PlanningDeps);
  const dataset = { sources: [Source.parse({ type: "folder", path: "/pictures" })] };
  const caption = { providers: ["describe", "simple"], combine: "best", maxTokens: 75 };
  const { lock } = await planner.plan(RunSpec.parse({ name: "x", dataset, caption }));
  expect(lock.steps.find(({ kind }) => kind === "caption")?.params).toMatchObject({
    ensemble: { providers: ["describe/1", "simple/1"], combine: "best", embedder: "clip:tiny@0" },
    tokenCounter: "clip@1",
  });
});

it("refuses rented machines where they cannot reach the object store, and says what to do", async () => {
  const clock = { now: () => new Date() };
  const agent = createAgentTraining(
    {
      ...{ urls: [], token: "", trainers: ["ai-toolkit"], maxJobs: null, pollMs: 1_000, leaseSeconds: 300 },
      ...{ timeoutSeconds: 600, usdPerHour: 0, fleet: { providers: ["runpod"], secret: "a secret of the tests" } },
    },
    { stores: {} as PlanningDeps["stores"], clock, pods: async () => [] },
  );
  const planner = (storeReachable: boolean, offers: readonly FleetOffer[] = []) =>
    createPlanner({
      ...{
        localSources: true,
        storeReachable,
        presets,
        captioners: [],
        fuser: null,
        embedder: null,
        tokenCounters: {},
      },
      stores: { documents: { put: async () => "" } },
      faceFinder: { id: "faces/1", isAvailable: async () => ({ available: false, message: "" }) },
      trainingBackends: [agent],
      generationBackends: [],
      models: async () => [],
      pastTrainings: async () => [],
      ceilings: async () => [],
      findArtifact: async () => null,
      rentalMarket: async () => rentalMarket({ offers }),
      fingerprint: async () => ({ digest: digestOf("pictures"), items: 20, bytes: 3 }),
    } as unknown as PlanningDeps);
  const spec = RunSpec.parse({
    name: "x",
    dataset: { sources: [Source.parse({ type: "folder", path: "/pictures" })] },
    train: { preset: "flux", mode: "cloud", compute: { gpu_type: "A100", max_cost_per_hour: 2 } },
  });
  await expect(planner(false).plan(spec)).rejects.toMatchObject({
    message: expect.stringContaining(
      "agent runs elsewhere and cannot reach the object store: use S3 or set PUBLIC_URL",
    ),
  });
  const { lock } = await planner(true).plan(spec);
  expect(lock.steps.find(({ kind }) => kind === "train")?.params).toMatchObject({
    backend: "agent",
    placement: { mode: "cloud", provider: "runpod", maxMicroUsdPerHour: 2_000_000 },
  });
  // At what its GPU is listed for: nobody has rented one yet.
  expect(lock.steps.find(({ kind }) => kind === "train")?.estimate.microUsd).toBeGreaterThan(0);
  const a100 = {
    ...{ provider: "runpod", gpuType: "NVIDIA A100 80GB PCIe", region: "EU-RO-1", vramBytes: 80 * 2 ** 30 },
    ...{ pricePerHourMicroUsd: 1_190_000, interruptible: false, available: 2 },
  };
  const quoteWith = (...offers: FleetOffer[]) => planner(true, offers).quote(spec);
  const quoted = await quoteWith(a100);
  const train = quoted.steps.find(({ kind }) => kind === "train");
  expect(quoted.costMicroUsd).toEqual(train?.costMicroUsd);
  expect(train?.parts.reduce((sum, { microUsd }) => sum + microUsd, 0)).toBe(quoted.expectedMicroUsd);
  expect(quoted.notes).toContainEqual(
    expect.stringMatching(/^train: on a machine rented for it: NVIDIA A100.* in EU-RO-1 at \$1\.19\/h/),
  );
  expect(await quoteWith(a100)).toEqual(quoted);
  const { quote } = await planner(true, [a100]).planWithQuote(spec);
  expect(quote, "what a run is started with").toEqual(quoted);
  const within = async (budgetUsd: number) => (await planner(true, [a100]).quote({ ...spec, budgetUsd })).withinBudget;
  expect(await within(quoted.costMicroUsd.p90 / 1_000_000)).toBe(true);
  expect(await within(quoted.costMicroUsd.p90 / 1_000_000 - 0.01), "boot and idling count").toBe(false);
  expect((await quoteWith()).notes).toContainEqual(expect.stringContaining("no offers are known yet"));
});

it("refuses a training whose base model is not in the store, with the commands that bring it there", async () => {
  const agent = createAgentTraining(
    {
      urls: ["http://127.0.0.1:8690"],
      token: "a token of the tests",
      trainers: ["sd-scripts"],
      maxJobs: null,
      pollMs: 1_000,
      leaseSeconds: 300,
      timeoutSeconds: 600,
      usdPerHour: 1,
    },
    {
      stores: {} as PlanningDeps["stores"],
      clock: { now: () => new Date() },
      fetch: (async () =>
        Response.json({ version: "1", trainers: ["sd-scripts"], maxJobs: 1, activeJobs: 0 })) as never,
    },
  );
  const plannerWith = (models: readonly KnownModel[]) =>
    createPlanner({
      localSources: true,
      storeReachable: true,
      presets,
      stores: { documents: { put: async () => "" } },
      captioners: [],
      fuser: null,
      embedder: null,
      tokenCounters: {},
      faceFinder: { id: "faces/1", isAvailable: async () => ({ available: false, message: "" }) },
      trainingBackends: [agent],
      generationBackends: [],
      models: async () => models,
      fingerprint: async () => ({ digest: digestOf("pictures"), items: 20, bytes: 3 }),
    } as unknown as PlanningDeps);
  const spec = RunSpec.parse({
    name: "x",
    dataset: { sources: [Source.parse({ type: "folder", path: "/pictures" })] },
    train: { preset: "flux", backend: "agent", recipe: { emaDecay: 0 } },
  });
  await expect(plannerWith([]).plan(spec)).rejects.toMatchObject({
    code: "recipe-refused",
    details: { field: "train.recipe.baseModel" },
    message: expect.stringContaining(
      "loramill models add black-forest-labs/FLUX.1-dev --family flux --file flux1-dev.safetensors --file ae.safetensors --pull",
    ),
  });
  const stored = { sha256: digestOf("bytes"), bytes: 5 };
  const paths = ["flux1-dev.safetensors", "ae.safetensors", "clip_l.safetensors", "t5xxl_fp16.safetensors"];
  const whole = { id: "black-forest-labs/FLUX.1-dev", family: "flux" as const };
  const { lock } = await plannerWith([{ ...whole, files: paths.map((path) => ({ path, stored })) }]).plan(spec);
  expect(lock.steps.find(({ kind }) => kind === "train")?.params).toMatchObject({ backend: "agent" });
});

it("says what a language model was paid for reading the prompts of a plan or a quote", async () => {
  const charge = { kind: "analysis", supplier: "llm:small", quantity: 9, unit: "token", amountMicroUsd: 3, note: "" };
  const planner = createPlanner({
    localSources: true,
    presets: {},
    stores: { documents: { put: async () => "" } },
    captioners: [],
    fuser: null,
    embedder: null,
    tokenCounters: {},
    faceFinder: { id: "faces/1", isAvailable: async () => ({ available: false, message: "" }) },
    trainingBackends: [],
    generationBackends: [
      {
        name: "pocket",
        capabilities: {
          kinds: ["text-to-image"],
          families: ["pocket"],
          loraFamilies: ["pocket"],
          maxLoras: 4,
          maxSidePixels: 128,
          sideStep: 8,
          itemsPerJob: 8,
          needsReachableStore: false,
        },
        version: async () => "1",
        validate: () => [],
        estimate: () => ({ seconds: { p50: 1, p90: 2 }, costMicroUsd: { p50: 0, p90: 0 } }),
        isAvailable: async () => ({ available: true, message: "" }),
      },
    ],
    models: async () => [],
    pastTrainings: async () => [],
    findArtifact: async () => null,
    ceilings: async () => [],
    fingerprint: async () => ({ digest: digestOf("nothing"), items: 0, bytes: 0 }),
    choosingFacts: async () => ({ loras: [], past: [], learned: learn([], { now: 0 }) }),
    embeddings: { ofPrompts: async () => new Map() },
    promptReader: { readAll: async () => ({ analyses: new Map(), charges: [charge] }) },
  } as unknown as PlanningDeps);
  const spec = RunSpec.parse({ name: "x", generate: { mode: "auto", prompts: ["a cat"] } });
  expect((await planner.plan(spec)).charges).toEqual([charge]);
  expect((await planner.quote(spec)).charges).toEqual([charge]);
  const manual = RunSpec.parse({ name: "x", generate: { mode: "manual", strengths: [0], prompts: ["a cat"] } });
  expect((await planner.plan(manual)).charges, "nothing is read for it").toEqual([]);
});
