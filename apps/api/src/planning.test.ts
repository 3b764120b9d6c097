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
