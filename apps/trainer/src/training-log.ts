import { logKey, type ObjectStore } from "@loramill/contracts";

/** A trainer that says more than this in one turn is cut: what it repeats helps nobody. */
const MAX_BYTES_PER_TURN = 1024 * 1024;

export interface TrainingLog {
  line(text: string): void;
  /** Writes what was said in this turn, if anything was, as an object of its own. */
  flush(): Promise<void>;
}

/** What a trainer says in one turn. Turns have epochs of their own, so no turn writes over what another wrote. */
export function openTrainingLog(
  objects: ObjectStore,
  turn: { readonly job: string; readonly epoch: number },
): TrainingLog {
  const lines: string[] = [];
  let bytes = 0;
  let leftOut = 0;
  return {
    line(text) {
      bytes += Buffer.byteLength(text) + 1;
      if (bytes <= MAX_BYTES_PER_TURN) lines.push(text);
      else leftOut += 1;
    },
    async flush() {
      if (lines.length + leftOut === 0) return;
      if (leftOut > 0) lines.push(`… ${leftOut} more lines of this turn were left out`);
      const body = new TextEncoder().encode(`${lines.join("\n")}\n`);
      await objects.put(logKey(turn.job, turn.epoch), body, { contentType: "text/plain; charset=utf-8" });
    },
  };
}
