import { expect, it } from "vitest";
import { drawRunPodTroubles } from "./fake-runpod-troubles.ts";

const drawn = (route: string, seed: number) => {
  const draw = drawRunPodTroubles({ seed, share: 0.5 });
  return Array.from({ length: 200 }, () => draw(route));
};

it("draws the same for a route whatever is asked in between, and something else for another seed", () => {
  const draw = drawRunPodTroubles({ seed: 1, share: 0.5 });
  const alone = drawn("POST /v2/pods", 1);
  const mixed = Array.from({ length: 200 }, () => {
    draw("GET /v2/pods");
    return draw("POST /v2/pods");
  });
  expect(mixed).toEqual(alone);
  expect(drawn("POST /v2/pods", 2)).not.toEqual(alone);
});

it("hits as many requests as it is told, and has no capacity only where machines are rented", () => {
  const hits = drawn("POST /v2/pods", 1).filter((move) => move !== undefined);
  expect(hits.length).toBeGreaterThan(60);
  expect(hits.length).toBeLessThan(140);
  expect(hits.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["lost", "proxy", "status", "no-capacity"]));
  const reads = drawn("GET /v2/pods", 1);
  expect(reads.some((move) => move?.kind === "no-capacity")).toBe(false);
});
