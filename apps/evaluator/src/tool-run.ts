import type { JobContext } from "@loramill/contracts";
import type { ModuleThreads, RunModule, ToolRun } from "@loramill/lora";

/** What a tool is run with in a job: threads, the job's signal, and its progress. */
export function toolRun(
  threads: ModuleThreads,
  ctx: Pick<JobContext, "signal" | "progress">,
): Required<ToolRun> & { readonly runModule: RunModule } {
  return {
    runModule: threads.runModule,
    ahead: threads.size,
    signal: ctx.signal,
    onProgress: ({ done, total }) => ctx.progress({ step: done, total, percent: Math.floor((100 * done) / total) }),
  };
}
