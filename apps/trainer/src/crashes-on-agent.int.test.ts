import { randomUUID } from "node:crypto";
import { createAgentTraining } from "@loramill/backends";
import { AgentJob, JobId, type Recipe } from "@loramill/contracts";
import { type CrashPoint, createFakeComputeProvider, type SpawnedAgent } from "@loramill/testkit";
import { fetch } from "undici";
import { afterAll, beforeAll, expect, it } from "vitest";
import { agentRecipe, openAgentMachines } from "../test/agent-machines.ts";
import { train, type World } from "../test/train-through-crashes.ts";

/** Trainings at once: most of their time they wait for the trainer's process. */
const AT_ONCE = 6;
const recipe: Recipe = { ...agentRecipe, steps: 6, saveEverySteps: 3 };

let machines: Awaited<ReturnType<typeof openAgentMachines>>;
let agent: SpawnedAgent;
beforeAll(async () => {
  machines = await openAgentMachines({ stepMs: 1 });
  agent = await machines.boot("shared", AT_ONCE * 2);
});
afterAll(() => machines?.close());

/** A training of its own on the one agent, on a machine that is billed by a clock of its own. */
async function openWorld(): Promise<World> {
  const job = JobId.parse(`job_${randomUUID().replaceAll("-", "")}`);
  const stores = await machines.openStores(job);
  const begun = new Set<string>();
  const provider = createFakeComputeProvider({
    pricePerHourMicroUsd: 1_234_567,
    boot: async () => ({ address: agent.address, stop: async () => {}, kill: async () => {} }),
  });
  const [offer] = await provider.offers();
  if (offer === undefined) throw new Error("it offers nothing");
  await provider.create({ name: job, offer, image: "loramill/pod-agent" });

  /** Time passes for the provider while the trainer works: what the machine costs after that is not the training's. */
  const watched = (async (url: Parameters<typeof fetch>[0], init?: Parameters<typeof fetch>[1]) => {
    const response = await fetch(url, init);
    const answer = AgentJob.safeParse(await response.clone().json());
    if (answer.success) {
      begun.add(answer.data.id);
      if (!answer.data.meter.isFinal) provider.pass(23.45);
    }
    return response;
  }) as typeof fetch;

  return {
    ...{ recipe, stores, job },
    open: (seen, crash: CrashPoint) =>
      createAgentTraining(machines.options([agent.address]), {
        stores: seen,
        clock: { now: () => new Date() },
        fetch: crash.fetch(watched),
        machines: () => crash.step(() => provider.machines()),
      }),
    submissions: () => begun.size,
    bill: provider.billMicroUsd,
    close: async () => undefined,
  };
}

it.each(["before", "after"] as const)(
  "a training on an agent whose process dies %s any of its awaits is paid for once, as its machine is billed, and gives one LoRA",
  async (when) => {
    const whole = await train(openWorld, { at: Number.POSITIVE_INFINITY, when });
    const expected = await whole.stores.documents.get("lora", whole.output.digest);
    expect(whole.awaits).toBeGreaterThan(20);
    const left = Array.from({ length: whole.awaits }, (_, i) => i + 1);

    async function workThrough(): Promise<void> {
      for (let at = left.shift(); at !== undefined; at = left.shift()) {
        const { submissions, output, charges, bill, stores, close } = await train(openWorld, { at, when });
        const ledger = [...charges.values()].reduce((sum, one) => sum + one, 0);
        expect({ at, submissions, ledger }).toEqual({ at, submissions: 1, ledger: bill });
        expect(ledger).toBeGreaterThan(0);
        expect((await stores.documents.get("lora", output.digest)).tensorsSha256).toBe(expected.tensorsSha256);
        await close();
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, workThrough));
    await whole.close();
  },
  600_000,
);
