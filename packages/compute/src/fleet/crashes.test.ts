import type { MachineIntents } from "@loramill/contracts";
import {
  type CrashPoint,
  createCrashPoint,
  createMemoryIntents,
  type RunPodMove,
  startFakeRunPodServer,
} from "@loramill/testkit";
import { fetch } from "undici";
import { describe, expect, it } from "vitest";
import { runpodConfig } from "../runpod/runpod-config.ts";
import { createRunPodProvider } from "../runpod/runpod-provider.ts";
import { createVirtualClock } from "../simulated/virtual-clock.ts";
import { createSafely } from "./create-safely.ts";
import { terminateSafely } from "./terminate-safely.ts";

const apiKey = "rpa_0123456789abcdef0123";
const settleMs = 60_000;
/** More steps into the outside world than renting or giving back takes in any of the cases. */
const MOST_STEPS = 60;

async function open() {
  const clock = createVirtualClock(new Date("2026-11-20T10:00:00Z"));
  const server = await startFakeRunPodServer({ apiKey, now: clock.now });
  const options = runpodConfig.options(runpodConfig.env.parse({ RUNPOD_API_URL: server.url }));
  const kept = createMemoryIntents();
  const candidates = (await createRunPodProvider(options, { apiKey, clock }).offers()).filter(
    ({ available }) => available > 0,
  );

  /** A process: it has nothing but what is kept outside of it, and dies where it is told to. */
  function start(crash: CrashPoint) {
    const provider = createRunPodProvider(options, { apiKey, clock, fetch: crash.fetch(fetch), sleep: async () => {} });
    const intents: MachineIntents = {
      find: (name) => crash.step(() => kept.find(name)),
      put: (intent) => crash.step(() => kept.put(intent)),
      noteOrphan: (orphan) => crash.step(() => kept.noteOrphan(orphan)),
    };
    const parts = { provider, intents, clock, settleMs };
    return {
      create: () => createSafely(parts, { name: "lm-a", image: "registry.example/trainer:1", candidates }),
      terminate: () => terminateSafely(parts, { name: "lm-a" }),
    };
  }
  return { clock, server, start, living: () => server.pods.filter(({ isListed }) => isListed) };
}

const trouble: { readonly what: string; readonly moves: readonly RunPodMove[] }[] = [
  { what: "a provider that answers", moves: [] },
  { what: "a lost answer", moves: [{ kind: "lost" }] },
  { what: "an answer that its proxy cut", moves: [{ kind: "proxy", status: 524 }] },
  { what: "one offer sold out", moves: [{ kind: "no-capacity" }] },
  { what: "a request that never arrived", moves: [{ kind: "drop" }] },
];

async function until(done: () => Promise<boolean>, pass: () => void): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) {
    if (await done()) return;
    pass();
  }
  throw new Error("it did not come to an end");
}

describe.each(trouble)("the death of a process at every await, with $what", ({ moves }) => {
  it.each(["before", "after"] as const)(
    "leaves exactly one machine, and later none (%s it was carried out)",
    async (when) => {
      const seen = { create: 0, terminate: 0 };
      for (let n = 1; n <= MOST_STEPS; n += 1) {
        const { clock, server, start, living } = await open();
        server.misbehave("POST /v2/pods", ...moves);
        const crash = createCrashPoint();
        const pass = () => clock.advance(settleMs);

        crash.arm({ n, when });
        await start(crash).create().catch(onlyOf(crash));
        if (crash.hasCrashed) seen.create += 1;
        crash.revive();
        await until(async () => (await start(crash).create()).kind === "rented", pass);
        expect(living()).toHaveLength(1);

        crash.arm({ n, when });
        await start(crash).terminate().catch(onlyOf(crash));
        const hasEnded = !crash.hasCrashed;
        if (!hasEnded) seen.terminate += 1;
        crash.revive();
        await until(async () => (await start(crash).terminate()).kind === "ended", pass);
        expect(living()).toEqual([]);
        expect(await start(crash).create()).toMatchObject({ kind: "ended" });
        expect(server.pods).toHaveLength(1);
        await server.close();
        if (hasEnded && seen.create < n) break;
      }
      // Each await of both was one of those at which it died.
      expect(seen.create).toBeGreaterThan(3);
      expect(seen.terminate).toBeGreaterThan(4);
      expect(Math.max(seen.create, seen.terminate)).toBeLessThan(MOST_STEPS);
    },
  );
});

/** Lets only the armed death pass. */
function onlyOf(crash: CrashPoint): (error: unknown) => void {
  return (error) => {
    if (!crash.hasCrashed) throw error;
  };
}
