import { PermanentError, TransientError, UserError } from "@loramill/contracts";
import type { LoraFiles } from "@loramill/graphs";
import { z } from "zod";
import { saysOutOfMemory } from "../items/out-of-memory.ts";
import type { ServerlessJob } from "./serverless-client.ts";

/** One file of the worker: where it lies, or what it is. */
export type WorkerFile =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array };

/** worker-comfyui from 5.0 on; endpoints that answer bare addresses; worker-comfyui before. */
const Image = z.union([
  z.string().min(1),
  z.looseObject({ data: z.string().min(1) }).transform(({ data }) => data),
  z.looseObject({ url: z.string().min(1) }).transform(({ url }) => url),
]);
const Output = z.union([
  z.looseObject({ images: z.array(Image).min(1) }).transform(({ images }) => images),
  z.looseObject({ message: z.string().min(1) }).transform(({ message }) => [message]),
]);

/** The first file of a finished job; PermanentError `no-output` where there is none. */
export function fileOf({ id, output }: ServerlessJob): WorkerFile {
  const [data] = Output.safeParse(output).data ?? [];
  if (data === undefined) {
    throw new PermanentError(
      `RunPod's job ${id} ended without a file: the worker hands out pictures that a graph saves, and drops clips unless it was made to return them`,
      { code: "no-output" },
    );
  }
  if (/^https?:\/\//.test(data)) return { kind: "url", url: data };
  return { kind: "bytes", bytes: Buffer.from(data.replace(/^data:[^,]*,/, ""), "base64") };
}

const MAX_SHOWN = 600;

/** What the worker says went wrong: RunPod wraps it as JSON text. */
function saidIn(error: unknown): string {
  if (typeof error !== "string") return error === undefined || error === null ? "" : JSON.stringify(error);
  try {
    const { data } = z.looseObject({ error_message: z.string() }).safeParse(JSON.parse(error));
    return data?.error_message ?? error;
  } catch (problem) {
    if (problem instanceof SyntaxError) return error;
    throw problem;
  }
}

/**
 * Why a job ended without a result. `loras` are the files that its graph loads, by what the spec calls them: one that the
 * worker does not have is `lora-unloadable`.
 */
export function errorOfJob(
  job: ServerlessJob,
  loras: Readonly<Record<string, LoraFiles>>,
): UserError | TransientError | PermanentError {
  const { id, status } = job;
  if (status === "TIMED_OUT") {
    return new PermanentError(
      `RunPod stopped job ${id} after its time: raise RUNPOD_SERVERLESS_TIMEOUT_SECONDS, or ask for less`,
      { code: "timeout" },
    );
  }
  if (status === "CANCELLED") {
    return new TransientError(`RunPod's job ${id} was cancelled there`, { code: "stopped-there" });
  }
  const said = saidIn(job.error ?? failureIn(job.output)).slice(0, MAX_SHOWN);
  const because = said === "" ? "it says no reason" : said;
  const files = Object.entries(loras).flatMap(([lora, parts]) =>
    Object.values(parts).map((file) => [lora, file] as const),
  );
  const missing = files.find(([, file]) => said.includes(file));
  if (missing !== undefined && /lora_name/.test(said)) {
    const [lora, file] = missing;
    return new UserError(
      `RunPod's worker has no LoRA ${file}: put it into models/loras of the endpoint's volume (it says: ${because})`,
      { code: "lora-unloadable", details: { lora } },
    );
  }
  if (saysOutOfMemory(said)) {
    return new PermanentError(
      `RunPod's worker ran out of memory: draw smaller, or give the endpoint a larger GPU (it says: ${because})`,
      { code: "out-of-memory" },
    );
  }
  return new TransientError(`RunPod's job ${id} failed: ${because}`, { code: "generation-failed" });
}

/** Handlers may also finish with `{error}`. */
const failureIn = (output: unknown): unknown => z.looseObject({ error: z.string() }).safeParse(output).data?.error;
