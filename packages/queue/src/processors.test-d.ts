import type { JobOutput } from "@loramill/contracts";
import type { Processors } from "./processors.ts";

const output: JobOutput = { digest: "", shape: "part", items: 1, summary: {} };

// Input and context are typed by the job's definition.
({
  "caption-images": async (input, context) => {
    input.params.provider satisfies string;
    context.signal satisfies AbortSignal;
    return output;
  },
}) satisfies Processors<"caption">;

// Parking instead of answering.
({ "train-lora": async (_input, context) => context.park(1_000, {}) }) satisfies Processors<"train">;

// @ts-expect-error a queue's job without a processor does not compile
({ "index-source": async () => output, "prepare-images": async () => output }) satisfies Processors<"dataset">;

// @ts-expect-error an answer that is not the job's output does not compile
({ "caption-images": async () => ({ captions: 3 }) }) satisfies Processors<"caption">;
