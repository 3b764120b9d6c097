import { expect } from "vitest";
import { check, type Trial } from "./trial.ts";

export function bootChecks(trial: Trial): void {
  check(trial, "a worker without a processor for a job of its queue does not start", async ({ queue, ledger }) => {
    const boot = () => queue.worker({ name: "incomplete", ledger, processors: { trial: async () => ({}) } });
    expect(boot).toThrow(
      expect.objectContaining({ code: "missing-processor", details: { queue: "caption", jobs: ["hasty", "fragile"] } }),
    );
  });

  check(trial, "a worker that is idle looks for work again and again, and says when it last did", async (world) => {
    const worker = world.work();
    const job = await world.add("trial", { do: "succeed" });
    await world.ended(job);
    expect(worker.health()).toMatchObject({ connected: true, activeTurns: 0 });
    expect(worker.health().contactAgeMs).toBeLessThan(6_000);
  });
}
