import { setTimeout as delay } from "node:timers/promises";
import {
  type Charge,
  type InputOf,
  type JobId,
  type JobOutput,
  type JsonObject,
  Parked,
  type Recipe,
  type Stores,
  type TrainingBackend,
} from "@loramill/contracts";
import { type CrashPoint, createCrashPoint, fakeJobContext } from "@loramill/testkit";
import { trainLora } from "../src/train-lora.ts";
import { createRequestLoader } from "../src/training-request.ts";
import { putDataset } from "./put-dataset.ts";
import { usualLimits } from "./usual-limits.ts";

/** A remote side, and a backend as each process opens it. */
export interface World {
  readonly recipe: Recipe;
  readonly stores: Stores;
  readonly job?: JobId;
  open(stores: Stores, crash: CrashPoint): TrainingBackend;
  /** How many trainings were begun and paid for. */
  submissions(): number | Promise<number>;
  /** What the remote side wants for it, in micro-dollars; left out where an undisturbed training tells. */
  bill?(): number;
  close(): Promise<void>;
}

export interface Outcome {
  readonly awaits: number;
  readonly submissions: number;
  readonly output: JobOutput;
  /** Micro-dollars by mark. */
  readonly charges: ReadonlyMap<string, number>;
  /** What the remote side wants, where it tells. */
  readonly bill: number | undefined;
  readonly stores: Stores;
  close(): Promise<void>;
}

/** One training from its first turn to its LoRA, by as many processes as it takes; the first dies at the n-th await. */
export async function train(
  openWorld: () => Promise<World>,
  death: { at: number; when: "before" | "after" },
): Promise<Outcome> {
  const world = await openWorld();
  const { stores, job } = world;
  const crash = createCrashPoint();
  const opened: TrainingBackend[] = [];
  const start = () => {
    const seen = crash.stores(stores);
    const backend = world.open(seen, crash);
    opened.push(backend);
    const slots = { take: () => crash.step(async () => true) };
    return {
      stores: seen,
      backends: [backend],
      slots,
      requests: createRequestLoader(seen),
      clock: { now: () => new Date() },
      limits: usualLimits,
    };
  };
  const input: InputOf<"train-lora"> = {
    inputs: { dataset: await putDataset(stores, ["a red thing", "a blue thing"]) },
    params: {
      name: "things",
      backend: start().backends[0]?.name ?? "",
      backendVersion: (await opened[0]?.version()) ?? "",
      triggerWord: "sks",
      recipe: world.recipe,
    },
  };
  let deps = start();
  let turn: JsonObject | null = null;
  let awaits = 0;
  const charges = new Map<string, number>();
  crash.arm({ n: death.at, when: death.when });
  for (let epoch = 1; epoch < 200; epoch += 1) {
    try {
      const ctx = fakeJobContext({ turn, epoch, ...(job === undefined ? {} : { job }) });
      const answer = await trainLora(input, deps, ctx);
      // The catalog takes the turn and its charges together, or neither.
      await crash.step(async () => {
        for (const { mark = "", amountMicroUsd } of ctx.said.charges as Charge[]) {
          if (!charges.has(mark)) charges.set(mark, amountMicroUsd);
        }
        if (answer instanceof Parked) turn = answer.turn;
      });
      if (answer instanceof Parked) {
        if (answer.afterMs > 1) await delay(answer.afterMs);
        continue;
      }
      if (awaits === 0) awaits = crash.steps;
      const close = async () => {
        for (const backend of opened) await backend.close();
        await world.close();
      };
      return {
        awaits,
        submissions: await world.submissions(),
        output: answer,
        charges,
        bill: world.bill?.(),
        stores,
        close,
      };
    } catch (error) {
      if (!crash.hasCrashed) throw error;
      awaits = crash.steps;
      crash.revive();
      deps = start();
    }
  }
  throw new Error("the training did not end");
}
