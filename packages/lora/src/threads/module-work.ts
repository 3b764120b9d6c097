import { mergeModule } from "../merge/merge-module.ts";
import { compareModule } from "../tools/compare-module.ts";
import { extractModule } from "../tools/extract-module.ts";
import { patchWeight } from "../tools/patch-weight.ts";
import { resizeModule, spectrumOf } from "../tools/resize-module.ts";
import { examineValues } from "../validate/examine-values.ts";

/** What is computed for one module, or one piece of a tensor, at a time: functions of one request of plain data, equal answers for equal requests. */
export const moduleWork = {
  merge: mergeModule,
  resize: resizeModule,
  spectrum: spectrumOf,
  compare: compareModule,
  extract: extractModule,
  patch: patchWeight,
  examine: examineValues,
};

export type ModuleOperation = keyof typeof moduleWork;
export type ModuleRequest<K extends ModuleOperation> = Parameters<(typeof moduleWork)[K]>[0];
export type ModuleAnswer<K extends ModuleOperation> = ReturnType<(typeof moduleWork)[K]>;

/** Runs one piece of work somewhere; rejects with the signal's reason when that is aborted. */
export type RunModule = <K extends ModuleOperation>(
  operation: K,
  request: ModuleRequest<K>,
  signal?: AbortSignal,
) => Promise<ModuleAnswer<K>>;

/** In the thread that asks: for tests and small files. */
export const runModuleHere: RunModule = async (operation, request, signal) => {
  signal?.throwIfAborted();
  return answerTo(operation, request);
};

export function answerTo<K extends ModuleOperation>(operation: K, request: ModuleRequest<K>): ModuleAnswer<K> {
  // The table's entry for K takes K's request; the compiler cannot follow that through a union of functions.
  const work = moduleWork[operation] as unknown as (request: ModuleRequest<K>) => ModuleAnswer<K>;
  return work(request);
}
