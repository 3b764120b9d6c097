import { digestOf, RunSpec, Source } from "@loramill/contracts";
import { expect, it } from "vitest";
import { createPlanner, type PlanningDeps } from "./planning.ts";

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
