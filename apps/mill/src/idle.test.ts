import { expect, test } from "vitest";
import { untilIdle } from "./idle.ts";

test("a mill that nobody asks anything of ends when nothing is left to do, and not because it could not look", async () => {
  const open = [{ run: "one" }];
  let looks = 0;
  const catalog = {
    runs: {
      list: async () => {
        looks += 1;
        if (looks === 1) throw new Error("the catalog is away for a moment");
        return { items: looks === 2 ? open : [], next: null };
      },
    },
    batches: { hasWaitingMembers: async () => false },
    schedules: { areAwaited: async () => false },
  };
  const { signal } = new AbortController();
  await untilIdle({ api: { idleMs: () => 5_000 }, catalog: catalog as never, exitMs: 1_000, signal });
  // The failed one, the one that met a run, and one for each state that a run is open in.
  expect(looks).toBe(4);
});
