import { mapAhead } from "../streams/each-module.ts";
import type { ToolRun } from "../streams/progress.ts";
import { readInBlocks } from "../streams/read-blocks.ts";
import { readTensor, type StoredTensors } from "../streams/stored-tensors.ts";
import type { RunModule } from "../threads/module-work.ts";
import type { ValueFacts } from "./examine-values.ts";

/** Bytes that are looked at at once: a multiple of every dtype's size. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** Looks at every value of a file, a few pieces at a time, however large its tensors are; facts by tensor. */
export async function examineTensors(
  { source, header }: StoredTensors,
  { ahead = 1, signal, onProgress, runModule }: ToolRun & { readonly runModule: RunModule },
): Promise<ReadonlyMap<string, ValueFacts>> {
  const file: StoredTensors = { source: readInBlocks(source), header };
  const pieces = [...header.tensors.values()].flatMap((info) => {
    const count = Math.max(1, Math.ceil((info.end - info.begin) / PIECE_BYTES));
    return Array.from({ length: count }, (_, at) => {
      const begin = info.begin + at * PIECE_BYTES;
      return { ...info, begin, end: Math.min(info.end, begin + PIECE_BYTES) };
    });
  });
  const facts = new Map<string, ValueFacts>();
  let done = 0;
  await mapAhead(pieces, ahead, async (piece) => {
    signal?.throwIfAborted();
    const { dtype, data } = await readTensor(file, piece);
    const found = await runModule("examine", { dtype, data }, signal);
    const before = facts.get(piece.name) ?? { allFinite: true, allZero: true };
    facts.set(piece.name, {
      allFinite: before.allFinite && found.allFinite,
      allZero: before.allZero && found.allZero,
    });
    done += 1;
    onProgress?.({ done, total: pieces.length, module: piece.name });
  });
  return facts;
}
