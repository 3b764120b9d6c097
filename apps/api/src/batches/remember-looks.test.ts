import { expect, test } from "vitest";
import type { PlanningDeps } from "../planning/planning-deps.ts";
import { rememberLooks } from "./remember-looks.ts";

test("many plans share a look at a backend for a few seconds, and one that failed is not kept", async () => {
  let [looks, now, isAway] = [0, 0, true];
  const backend = {
    name: "far",
    async isAvailable() {
      looks += 1;
      if (isAway) throw new Error("no answer");
      return { available: true, message: this.name };
    },
    version: async () => `v${looks}`,
    validate: () => [],
  };
  const none = { captioners: [], fuser: null, embedder: null, generationBackends: [] };
  const asked: string[] = [];
  const given = {
    ...none,
    rentalMarket: async (project: string) => asked.push(project),
    faceFinder: backend,
    trainingBackends: [backend],
    models: async () => [],
    pastTrainings: async () => [],
  };
  const deps = rememberLooks(given as unknown as PlanningDeps, { now: () => new Date(now) });
  const [kept] = deps.trainingBackends;
  await expect(kept?.isAvailable()).rejects.toThrow("no answer");
  isAway = false;
  expect(await Promise.all([kept?.isAvailable(), kept?.isAvailable()])).toEqual([
    { available: true, message: "far" },
    { available: true, message: "far" },
  ]);
  expect([looks, await kept?.version(), kept?.name]).toEqual([2, "v2", "far"]);
  for (const project of ["cats", "dogs", "cats"]) await deps.rentalMarket(project);
  expect(asked, "of each project").toEqual(["cats", "dogs"]);
  now = 5_000;
  await kept?.isAvailable();
  expect(looks).toBe(3);
});
