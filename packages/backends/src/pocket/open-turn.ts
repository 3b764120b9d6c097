import { checkpointsOfJob, type ObjectStore } from "@loramill/contracts";
import { z } from "zod";
import { parseOrNull } from "../job-records.ts";
import { readObject } from "../object-bytes.ts";

const OpenTurn = z.object({ epoch: z.int(), resumedFromSteps: z.array(z.int()) });

/**
 * A note in the store that a turn is under way. One that is found at the start of the next turn tells that the worker
 * was lost: the training resumes from its checkpoint, and the LoRA's lineage says so.
 */
export interface TurnNotes {
  /** Answers from which steps the training was resumed so far, `step` included when the last turn was lost. */
  begin(at: { job: string; epoch: number }, step: number, resumedFromSteps: readonly number[]): Promise<number[]>;
  end(job: string): Promise<void>;
}

export function openTurnNotes(objects: ObjectStore): TurnNotes {
  const keyOf = (job: string) => `${checkpointsOfJob(job)}open-turn.json`;
  return {
    async begin({ job, epoch }, step, resumedFromSteps) {
      const bytes = await readObject(objects, keyOf(job), { maxBytes: 65_536 });
      const lost = OpenTurn.safeParse(bytes === null ? null : parseOrNull(new TextDecoder().decode(bytes))).data;
      const known =
        lost !== undefined && lost.resumedFromSteps.length > resumedFromSteps.length
          ? lost.resumedFromSteps
          : resumedFromSteps;
      const resumed = lost === undefined || lost.epoch === epoch ? [...known] : [...known, step];
      const note = { epoch, resumedFromSteps: resumed } satisfies z.input<typeof OpenTurn>;
      await objects.put(keyOf(job), new TextEncoder().encode(JSON.stringify(note)), {
        contentType: "application/json",
      });
      return resumed;
    },
    end: (job) => objects.delete(keyOf(job)),
  };
}
