import { Parked } from "@loramill/contracts";
import { createCrashPoint, type RunPodMove } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { useFleet } from "../test/use-fleet.ts";

/** More steps into the outside world than a machine's life takes in any of the cases. */
const MOST_STEPS = 160;

const machines = useFleet();

interface Trouble {
  readonly what: string;
  readonly moves?: readonly RunPodMove[];
  readonly isSpot?: boolean;
  readonly listBehindMs?: number;
}

const troubles: readonly Trouble[] = [
  { what: "a provider that answers" },
  { what: "a lost answer", moves: [{ kind: "lost" }] },
  { what: "an answer that its proxy cut", moves: [{ kind: "proxy", status: 524 }] },
  { what: "one offer sold out", moves: [{ kind: "no-capacity" }] },
  { what: "a request that never arrived", moves: [{ kind: "drop" }] },
  { what: "a list that lags behind", listBehindMs: 30_000 },
  { what: "a lost answer and a list that lags behind", moves: [{ kind: "lost" }], listBehindMs: 30_000 },
  { what: "a spot machine", isSpot: true },
  { what: "a spot machine whose answer is lost", isSpot: true, moves: [{ kind: "lost" }] },
];

/** `later`: it was on its way when the process died, and arrived when the next one had looked. */
type Death = "before" | "after" | "later";

/**
 * The steps of a life at which it is died, the first number of these and every so many after it. Before a step is after the one before
 * it: with every other step, each way meets the deaths that the other one leaves out. A trouble meets every third, and the next
 * trouble the one after that.
 */
function stepsOf(trouble: Trouble, when: Death): number[] {
  const at = troubles.indexOf(trouble);
  const [first, stride] = at > 0 ? [1 + (at % 3), 3] : [1, when === "later" ? 1 : 2];
  return Array.from({ length: Math.floor((MOST_STEPS - first) / stride) + 1 }, (_, i) => first + i * stride);
}

/** What is lost, or never arrives, does not come later either. */
const deathsOf = ({ moves, isSpot }: Trouble): readonly Death[] =>
  moves === undefined && !isSpot ? ["before", "after", "later"] : ["before", "after"];

async function open({ moves = [], ...parts }: Trouble, when: Death) {
  const fleet = await machines.open(parts);
  fleet.server.misbehave(parts.isSpot ? "POST /graphql" : "POST /v2/pods", ...moves);
  const crash = createCrashPoint();
  const turn = async (by: typeof crash | null) => {
    const answer = await fleet.take(by).catch((error: unknown) => {
      if (!crash.hasCrashed && !(error instanceof Error && "errorClass" in error)) throw error;
    });
    return answer instanceof Parked ? Math.max(1, answer.afterMs) : 1_000;
  };
  return {
    ...fleet,
    isReady: fleet.isIn("ready"),
    isGone: async () => (await fleet.pod()).endedAt !== null,
    giveBack: () => machines.catalog().fleet.move(fleet.name, "end", { reason: "it is tried" }),
    /** Turns by a process that dies at its n-th step; answers whether it came so far. */
    async dieOnTheWay(n: number, isThere: () => Promise<boolean>): Promise<boolean> {
      crash.arm({ n, when: when === "after" ? "after" : "before" });
      for (let turns = 0; turns < 20 && !crash.hasCrashed && !(await isThere()); turns += 1) {
        fleet.clock.advance(await turn(crash));
      }
      const { hasCrashed } = crash;
      crash.revive();
      if (hasCrashed && when === "later") {
        await turn(null);
        await fleet.arrive();
        fleet.clock.advance(1_000);
      }
      return hasCrashed;
    },
    /** The rest of its life, after which what was charged is what the provider bills for all that was ever rented. */
    async settles(rented: number): Promise<void> {
      const { summary } = await fleet.end();
      expect(fleet.living()).toEqual([]);
      expect(fleet.server.pods).toHaveLength(rented);
      expect((await fleet.pod()).state).toBe("ended");
      const bills = await fleet.provider.books({ from: new Date(0), to: fleet.clock.now() });
      const billed = bills.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0);
      const entries = [...fleet.charges.values()].map(({ amountMicroUsd, pod }) => ({ amountMicroUsd, pod }));
      expect(entries).toEqual(billed === 0 ? [] : [{ amountMicroUsd: billed, pod: fleet.name }]);
      expect(summary).toMatchObject({ pod: fleet.name, microUsd: billed });
      if (rented > 0) expect(billed).toBeGreaterThan(0);
      await fleet.close();
    },
  };
}

describe.each(troubles)("the death of a provisioner at every await of a machine's life, with $what", (trouble) => {
  it.each(deathsOf(trouble))(
    "leaves exactly one machine, later none, and one bill that is charged once (%s it was carried out)",
    async (when) => {
      const seen = { rent: 0, end: 0 };
      for (const n of stepsOf(trouble, when)) {
        const life = await open(trouble, when);
        if (await life.dieOnTheWay(n, life.isReady)) seen.rent = n;
        await life.until(life.isReady);
        expect(life.living().map(({ name }) => name)).toEqual([life.name]);
        await life.giveBack();
        const diedAtEnd = await life.dieOnTheWay(n, life.isGone);
        if (diedAtEnd) seen.end = n;
        await life.settles(1);
        if (!diedAtEnd && seen.rent < n) break;
      }
      // Each await of both was one of those at which it died.
      expect(seen.rent).toBeGreaterThan(12);
      expect(seen.end).toBeGreaterThan(6);
      expect(Math.max(seen.rent, seen.end)).toBeLessThan(MOST_STEPS);
    },
    600_000,
  );
});

const inDoubt = troubles.filter(({ what }) => /lost|lags|that answers/.test(what));

describe.each(inDoubt)("the death of a provisioner at every await of renting, with $what", (trouble) => {
  it.each(deathsOf(trouble))(
    "leaves no machine, and none that is not paid for, where it is given back at once (%s it was carried out)",
    async (when) => {
      let rented = 0;
      for (const n of stepsOf(trouble, when)) {
        const life = await open(trouble, when);
        const hasDied = await life.dieOnTheWay(n, life.isReady);
        await life.giveBack();
        const machinesThen = life.server.pods.length;
        await life.dieOnTheWay(Math.ceil(n / 2), life.isGone);
        await life.settles(life.server.pods.length);
        expect(life.server.pods.length).toBeLessThanOrEqual(Math.max(1, machinesThen));
        rented += machinesThen;
        if (!hasDied) break;
      }
      expect(rented).toBeGreaterThan(3);
    },
    600_000,
  );
});
