import { RunSpec, Source } from "@loramill/contracts";
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
