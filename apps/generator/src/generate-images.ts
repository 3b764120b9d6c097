import {
  type BackendContext,
  type GenerationBackend,
  type GenerationRequest,
  type InputOf,
  type JobContext,
  type JobOutput,
  lorasOf,
  type Parked,
  PermanentError,
  toErrorRecord,
  UserError,
} from "@loramill/contracts";
import { z } from "zod";
import { type LoadedRequest, loadRequest } from "./generation-request.ts";
import { type PublishDeps, publishGenerations } from "./publish-generations.ts";

export interface GeneratorDeps extends PublishDeps {
  readonly backends: readonly GenerationBackend[];
}

type Input = InputOf<"generate-images">;

const MAX_LOST = 5;
const CANCEL_TIMEOUT_MS = 4_000;
const Turn = z.object({
  remoteId: z.string(),
  lost: z.int().default(0),
  /** Whether it was reported that the LoRAs were applied. */
  applied: z.boolean().default(false),
});
type Turn = z.output<typeof Turn>;

/**
 * Draws one range of a grid by turns: submit, park; poll, park; …; collect, write metadata into the pictures, publish.
 * The remote id is kept before anything is waited for, and a cancel reaches the backend.
 */
export async function generateImages(input: Input, deps: GeneratorDeps, ctx: JobContext): Promise<JobOutput | Parked> {
  const backend = await findBackend(input, deps);
  const turn = ctx.turn === null ? null : Turn.parse(ctx.turn);
  const context = backendContext(ctx);
  try {
    ctx.signal.throwIfAborted();
    const loaded = await loadRequest(input, deps.stores, ctx);
    const { request } = loaded;
    if (turn === null) return await start(backend, loaded, context, ctx);
    const status = await backend.poll(turn.remoteId, request, context);
    if (isCancelled(ctx.signal)) throw ctx.signal.reason;
    if (status.kind !== "lost") for (const charge of status.charges ?? []) ctx.charge(charge);
    if (status.kind === "lost" || status.kind === "cancelled")
      return await submitAgain(backend, request, context, ctx, turn);
    if (status.kind === "failed") throw status.error;
    ctx.progress({ done: status.done, total: status.total, percent: Math.floor((100 * status.done) / status.total) });
    const applied = turn.applied || reportApplied(status.done, loaded, backend, ctx);
    if (status.kind === "running") return ctx.park(status.pollMs, { ...turn, applied });
    const collected = await backend.collect(turn.remoteId, request, context);
    return await publishGenerations(collected, request, backend.name, deps, ctx);
  } catch (error) {
    if (isCancelled(ctx.signal) && turn !== null) await tellCancelled(backend, turn.remoteId, context, ctx);
    throw error;
  }
}

async function findBackend(input: Input, deps: GeneratorDeps): Promise<GenerationBackend> {
  const { backend: name, backendVersion } = input.params;
  const backend = deps.backends.find((candidate) => candidate.name === name);
  if (backend === undefined) {
    const known = deps.backends.map((candidate) => candidate.name).join(", ");
    throw new PermanentError(
      `This generator does not have the backend ${name} (it has ${known}): configure it here, or plan again`,
      {
        code: "backend-missing",
      },
    );
  }
  const version = await backend.version();
  if (version !== backendVersion) {
    throw new PermanentError(
      `The run was planned for ${name} ${backendVersion} and this generator has ${version}: submit the run again`,
      {
        code: "backend-changed",
        details: { planned: backendVersion, found: version },
      },
    );
  }
  return backend;
}

async function start(
  backend: GenerationBackend,
  { request, loras }: LoadedRequest,
  context: BackendContext,
  ctx: JobContext,
): Promise<Parked> {
  for (const { name, weights } of Object.values(loras)) ctx.event("lora.loading", { name, sha256: weights.sha256 });
  const remoteId = await submit(backend, request, context);
  return ctx.park(0, { ...Turn.parse({ remoteId }) });
}

/** Says, with the first pictures, that the LoRAs were applied; answers whether they were. */
function reportApplied(
  done: number,
  { request, loras }: LoadedRequest,
  backend: GenerationBackend,
  ctx: JobContext,
): boolean {
  if (done === 0) return false;
  for (const [called, { name, weights }] of Object.entries(loras)) {
    const uses = request.items.flatMap(({ spec }) => lorasOf(spec)).filter(({ lora }) => lora === called);
    const strengths = [...new Set(uses.map(({ strength }) => strength))];
    ctx.event("lora.applied", { name, sha256: weights.sha256, strengths, backend: backend.name });
  }
  return true;
}

async function submit(
  backend: GenerationBackend,
  request: GenerationRequest,
  context: BackendContext,
): Promise<string> {
  for (const { index, spec } of request.items) {
    const problems = backend.validate(spec).filter(({ severity }) => severity === "error");
    if (problems.length === 0) continue;
    const said = problems.map(({ field, message }) => `${field}: ${message}`).join("; ");
    throw new UserError(`${backend.name} cannot make item ${index}: ${said}`, { code: "impossible-request" });
  }
  return (await backend.submit(request, context)).remoteId;
}

async function submitAgain(
  backend: GenerationBackend,
  request: GenerationRequest,
  context: BackendContext,
  ctx: JobContext,
  turn: Turn,
): Promise<Parked> {
  const lost = turn.lost + 1;
  if (lost > MAX_LOST) {
    throw new PermanentError(`${backend.name} lost the pictures ${lost} times: look at the backend's own log`, {
      code: "backend-lost",
    });
  }
  ctx.event("generation.lost", { backend: backend.name, remoteId: turn.remoteId, times: lost });
  return ctx.park(0, { ...Turn.parse({ remoteId: await submit(backend, request, context), lost }) });
}

function isCancelled(signal: AbortSignal): boolean {
  const reason: unknown = signal.reason;
  return signal.aborted && reason instanceof UserError && reason.code === "cancelled";
}

/** The signal of the turn has aborted already, so the backend gets one of its own. */
async function tellCancelled(
  backend: GenerationBackend,
  remoteId: string,
  context: BackendContext,
  ctx: JobContext,
): Promise<void> {
  const signal = AbortSignal.timeout(CANCEL_TIMEOUT_MS);
  try {
    const answer = await backend.cancel(remoteId, { ...context, signal });
    ctx.event("generation.cancelled", { backend: backend.name, remoteId, answer });
  } catch (error) {
    ctx.event("generation.cancel-failed", { backend: backend.name, remoteId, message: toErrorRecord(error).message });
    throw error;
  }
}

function backendContext(ctx: JobContext): BackendContext {
  return {
    job: ctx.job,
    epoch: ctx.epoch,
    signal: ctx.signal,
    onProgress: (progress) => {
      const { done, total } = progress;
      const percent = typeof done === "number" && typeof total === "number" ? Math.floor((100 * done) / total) : null;
      ctx.progress({ ...progress, ...(percent === null ? {} : { percent }) });
    },
    onLog: (line) => ctx.log.info({ line }, "generation"),
  };
}
