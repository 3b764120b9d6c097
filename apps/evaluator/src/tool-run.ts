import type { JobContext } from "@loramill/contracts";
import type { ModuleThreads, RunModule, ToolRun } from "@loramill/lora";

/** What a tool is run with in a job: threads, the job's signal, and its progress, also as one of several parts. */
export function toolRun(
  threads: ModuleThreads,
  ctx: Pick<JobContext, "signal" | "progress">,
  { at, of }: { readonly at: number; readonly of: number } = { at: 0, of: 1 },
): Required<ToolRun> & { readonly runModule: RunModule } {
  return {
    runModule: threads.runModule,
    ahead: threads.size,
    signal: ctx.signal,
    onProgress: ({ done, total }) =>
      ctx.progress({
        step: at * total + done,
        total: of * total,
        percent: Math.floor((100 * (at * total + done)) / (of * total)),
      }),
  };
}
