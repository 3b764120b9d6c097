import type { BackendContext, JobContext, JsonObject } from "@loramill/contracts";

/** What the backend says of a turn's progress adds up: only the newest whole is kept. */
export function backendContext(ctx: JobContext): BackendContext {
  let told: JsonObject = {};
  return {
    job: ctx.job,
    epoch: ctx.epoch,
    signal: ctx.signal,
    onProgress: (progress) => {
      told = { ...told, ...progress };
      const { done, total } = told;
      const percent = typeof done === "number" && typeof total === "number" ? Math.floor((100 * done) / total) : null;
      ctx.progress({ ...told, ...(percent === null ? {} : { percent }) });
    },
    onLog: (line) => ctx.log.info({ line }, "generation"),
  };
}
