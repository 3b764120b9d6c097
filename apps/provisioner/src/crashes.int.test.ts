import { Parked } from "@loramill/contracts";
import { createCrashPoint, type RunPodMove } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { useFleet } from "../test/use-fleet.ts";

/** More steps into the outside world than a machine's life takes in any of the cases. */
const MOST_STEPS = 120;

const machines = useFleet();

const trouble: { readonly what: string; readonly moves: readonly RunPodMove[] }[] = [
  { what: "a provider that answers", moves: [] },
  { what: "a lost answer", moves: [{ kind: "lost" }] },
  { what: "an answer that its proxy cut", moves: [{ kind: "proxy", status: 524 }] },
  { what: "one offer sold out", moves: [{ kind: "no-capacity" }] },
  { what: "a request that never arrived", moves: [{ kind: "drop" }] },
];

describe.each(trouble)("the death of a provisioner at every await of a machine's life, with $what", ({ moves }) => {
  it.each(["before", "after"] as const)(
    "leaves exactly one machine, later none, and one bill that is charged once (%s it was carried out)",
    async (when) => {
      const seen = { rent: 0, end: 0 };
      for (let n = 1; n <= MOST_STEPS; n += 1) {
        const fleet = await machines.open();
        const { name } = fleet;
        fleet.server.misbehave("POST /v2/pods", ...moves);
        const crash = createCrashPoint();
        /** Turns by processes of which one dies at its n-th step; answers whether it came so far. */
        const dieOnTheWay = async (isThere: () => Promise<boolean>): Promise<boolean> => {
          crash.arm({ n, when });
          for (let turns = 0; turns < 20 && !crash.hasCrashed && !(await isThere()); turns += 1) {
            const answer = await fleet.take(crash).catch((error: unknown) => {
              if (!crash.hasCrashed && !(error instanceof Error && "errorClass" in error)) throw error;
            });
            fleet.clock.advance(answer instanceof Parked ? Math.max(1, answer.afterMs) : 1_000);
          }
          const { hasCrashed } = crash;
          crash.revive();
          return hasCrashed;
        };
        const isReady = fleet.isIn("ready");
        const isGone = async () => (await fleet.pod()).endedAt !== null;

        if (await dieOnTheWay(isReady)) seen.rent = n;
        await fleet.until(isReady);
        expect(fleet.living()).toHaveLength(1);
        expect(fleet.living()[0]?.name).toBe(name);

        await machines.catalog().fleet.move(name, "end", { reason: "it is tried" });
        const diedAtEnd = await dieOnTheWay(isGone);
        if (diedAtEnd) seen.end = n;
        const { summary } = await fleet.end();
        expect(fleet.living()).toEqual([]);
        expect(fleet.server.pods).toHaveLength(1);
        expect((await fleet.pod()).state).toBe("ended");

        const billed = (await fleet.provider.machines())[0]?.bill.amountMicroUsd ?? 0;
        expect(billed).toBeGreaterThan(0);
        expect([...fleet.charges.values()].map(({ amountMicroUsd, pod }) => ({ amountMicroUsd, pod }))).toEqual([
          { amountMicroUsd: billed, pod: name },
        ]);
        expect(summary).toMatchObject({ pod: name, microUsd: billed });
        await fleet.close();
        if (!diedAtEnd && seen.rent < n) break;
      }
      // Each await of both was one of those at which it died.
      expect(seen.rent).toBeGreaterThan(8);
      expect(seen.end).toBeGreaterThan(6);
      expect(Math.max(seen.rent, seen.end)).toBeLessThan(MOST_STEPS);
    },
    300_000,
  );
});
