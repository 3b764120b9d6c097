import {
  type BackendContext,
  type GenerationBackend,
  type GenerationPreview,
  type GenerationRequest,
  type InputOf,
  type JobContext,
  type JobOutput,
  type JsonObject,
  lorasOf,
  type Parked,
  PermanentError,
  type PreviewedItem,
  previewPath,
  type SpendingLimit,
  toErrorRecord,
  UserError,
} from "@loramill/contracts";
import { sayLimit } from "@loramill/orchestration";
import { askForItems } from "./ask-for-money.ts";
import { type LoadedRequest, loadRequest } from "./generation-request.ts";
import { leaveOut } from "./loras/leave-out.ts";
import { goWithout, type LoraSettling, settleLoras } from "./loras/settle-loras.ts";
import { type PublishDeps, publishGenerations } from "./publish-generations.ts";
import { readTurn, Turn } from "./turn.ts";

export interface GeneratorDeps extends PublishDeps {
  readonly backends: readonly GenerationBackend[];
  readonly loras: Pick<LoraSettling, "limits" | "words">;
}

type Input = InputOf<"generate-images">;

/** A backend that forgets its work this often has a fault that submitting again does not cure. */
const MAX_LOST = 5;
const CANCEL_TIMEOUT_MS = 4_000;
const MOST_PREVIEWS = 32;

/** What the turns of one job work with. */
interface Making {
  readonly input: Input;
  readonly backend: GenerationBackend;
  readonly loaded: LoadedRequest;
  /** What the backend is told of the turn. */
  readonly context: BackendContext;
  readonly deps: GeneratorDeps;
  readonly ctx: JobContext;
}

/**
 * Makes one range of a grid by turns: look at the LoRAs, submit, park; poll, park; …; collect, write how they were made
 * into the files, publish. The remote id is kept before anything is waited for, and a cancel reaches the backend.
 */
export async function generateImages(input: Input, deps: GeneratorDeps, ctx: JobContext): Promise<JobOutput | Parked> {
  const backend = await findBackend(input, deps);
  const turn = readTurn(ctx.turn);
  const context = backendContext(ctx);
  const making = { input, backend, loaded: await loadRequest(input, deps.stores, ctx), context, deps, ctx };
  try {
    ctx.signal.throwIfAborted();
    return turn === null ? await start(making) : await follow(turn, making);
  } catch (error) {
    if (isCancelled(ctx.signal) && turn !== null) await tellCancelled(turn, making);
    throw error;
  }
}

async function start(making: Making): Promise<Parked> {
  const { input, loaded, deps, ctx } = making;
  const settling = { ...deps.loras, objects: deps.stores.objects };
  const { left, loads } = await settleLoras(loaded.request, loaded.loras, input.params.onLoraFailure, settling, ctx);
  return submitOrLeaveOut({ left: [...left], loads }, making);
}

async function follow(turn: Turn, making: Making): Promise<JobOutput | Parked> {
  const { backend, loaded, context, deps, ctx } = making;
  const request = leaveOut(loaded.request, turn.left);
  // It was stopped for want of money: what the backend would start now is asked for first.
  if (turn.heldBack && (await askForItems(backend, request, ctx)) !== null) return ctx.giveBack({ ...turn });
  const status = await backend.poll(turn.remoteId, request, context);
  if (isCancelled(ctx.signal)) throw ctx.signal.reason;
  if (status.kind !== "lost") for (const charge of status.charges ?? []) ctx.charge(charge);
  if (status.kind === "lost" || status.kind === "cancelled") return submitAgain(turn, making);
  if (status.kind === "failed") {
    const unloadable = unloadableLora(status.error, loaded);
    if (unloadable === null) throw status.error;
    return submitOrLeaveOut(leftToo(turn, unloadable, making), making);
  }
  context.onProgress({ done: status.done, total: status.total, ...shownPreviews(status.previews, ctx) });
  const applied = turn.applied || reportApplied(status.done, turn, making);
  if (status.kind === "running") {
    const limit = await askForItems(backend, request, ctx, status);
    if (limit !== null) return stopBetweenItems({ ...turn, applied }, limit, status.done, making);
    return ctx.park(status.pollMs, { ...turn, applied, heldBack: false });
  }
  const collected = await backend.collect(turn.remoteId, request, context);
  const { left, loads } = turn;
  return publishGenerations(
    collected,
    { request, asked: loaded.request, backend: backend.name, left, loads },
    deps,
    ctx,
  );
}

/** Where the API shows what is being drawn; of a few items, because progress is small. */
function shownPreviews(previews: readonly PreviewedItem[] = [], { job }: JobContext): JsonObject {
  if (previews.length === 0) return {};
  const shown = previews.slice(0, MOST_PREVIEWS).map(({ index, at }): GenerationPreview => {
    return { item: index, at: at.toISOString(), url: previewPath(job, index) };
  });
  return { previews: shown };
}

/** What is made is kept and is not paid for again; the rest waits for room. */
async function stopBetweenItems(turn: Turn, limit: SpendingLimit, done: number, making: Making): Promise<Parked> {
  await tellCancelled(turn, making);
  making.ctx.event("generation.stopped", { by: sayLimit(limit), done, total: making.loaded.request.items.length });
  return making.ctx.giveBack({ ...turn, lost: 0, heldBack: true });
}

/** Submits; where the backend finds out only now that it cannot load a LoRA, once more without it. */
async function submitOrLeaveOut(settled: Pick<Turn, "left" | "loads">, making: Making): Promise<Parked> {
  const { backend, loaded, context, ctx } = making;
  const limit = await askForItems(backend, leaveOut(loaded.request, settled.left), ctx);
  if (limit !== null) {
    ctx.event("generation.stopped", { by: sayLimit(limit), done: 0, total: loaded.request.items.length });
    return ctx.giveBack({});
  }
  try {
    const remoteId = await submit(backend, leaveOut(loaded.request, settled.left), context);
    return ctx.park(0, { ...Turn.parse({ ...settled, remoteId }) });
  } catch (error) {
    const unloadable = unloadableLora(error, loaded);
    if (unloadable === null || settled.left.some(({ called }) => called === unloadable.called)) throw error;
    return submitOrLeaveOut(leftToo(settled, unloadable, making), making);
  }
}

interface Unloadable {
  readonly called: string;
  readonly reason: string;
}

/** Backends throw `lora-unloadable` with the name that the specs use in `details.lora`. */
function unloadableLora(error: unknown, { loras }: LoadedRequest): Unloadable | null {
  const { code, details, message } = toErrorRecord(error);
  const { lora: called } = details;
  return code === "lora-unloadable" && typeof called === "string" && called in loras
    ? { called, reason: message }
    : null;
}

function leftToo(
  { left, loads }: Pick<Turn, "left" | "loads">,
  { called, reason }: Unloadable,
  { input, loaded, deps, ctx }: Making,
): Pick<Turn, "left" | "loads"> {
  const lora = loaded.loras[called];
  if (lora === undefined) throw new TypeError(`the request lacks the LoRA ${called}`);
  const { onLoraFailure: policy } = input.params;
  const refused = { code: "refused-by-backend", reason };
  return { loads, left: [...left, goWithout(called, lora, refused, { policy, words: deps.loras.words, ctx })] };
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

/** Says, with the first files, that the LoRAs were applied; answers whether they were. */
function reportApplied(done: number, { left, loads }: Turn, { loaded, backend, ctx }: Making): boolean {
  if (done === 0) return false;
  for (const [called, { name, weights }] of Object.entries(loaded.loras)) {
    if (left.some((each) => each.called === called)) continue;
    const uses = loaded.request.items.flatMap(({ spec }) => lorasOf(spec)).filter(({ lora }) => lora === called);
    const strengths = [...new Set(uses.map(({ strength }) => strength))];
    const taken = loads[called];
    ctx.event("lora.applied", {
      name,
      sha256: weights.sha256,
      strengths,
      backend: backend.name,
      ...(taken === undefined ? {} : { loads: `${taken.keys} of ${taken.of} keys` }),
    });
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

async function submitAgain(turn: Turn, { backend, loaded, context, ctx }: Making): Promise<Parked> {
  const lost = turn.lost + 1;
  if (lost > MAX_LOST) {
    throw new PermanentError(`${backend.name} lost the work ${lost} times: look at the backend's own log`, {
      code: "backend-lost",
    });
  }
  ctx.event("generation.lost", { backend: backend.name, remoteId: turn.remoteId, times: lost });
  const remoteId = await submit(backend, leaveOut(loaded.request, turn.left), context);
  return ctx.park(0, { ...turn, remoteId, lost });
}

function isCancelled(signal: AbortSignal): boolean {
  const reason: unknown = signal.reason;
  return signal.aborted && reason instanceof UserError && reason.code === "cancelled";
}

/** The signal of the turn has aborted already, so the backend gets one of its own. What was used until then is charged. */
async function tellCancelled(turn: Turn, making: Making): Promise<void> {
  const { backend, context, ctx } = making;
  const { remoteId } = turn;
  try {
    const own = { ...context, signal: AbortSignal.timeout(CANCEL_TIMEOUT_MS) };
    const answer = await backend.cancel(remoteId, own);
    ctx.event("generation.cancelled", { backend: backend.name, remoteId, answer });
    if (answer === "cancelled") await chargeRest(turn, making, AbortSignal.timeout(CANCEL_TIMEOUT_MS));
  } catch (error) {
    ctx.event("generation.cancel-failed", { backend: backend.name, remoteId, message: toErrorRecord(error).message });
    // What it had used by then may be known here; under the turn's own signal, which has aborted, nothing else is done.
    await chargeRest(turn, making, context.signal);
    throw error;
  }
}

/** A backend that cannot tell leaves the ledger without it, so the run's events say it. */
async function chargeRest(
  { remoteId, left }: Turn,
  { backend, loaded, context, ctx }: Making,
  signal: AbortSignal,
): Promise<void> {
  try {
    const status = await backend.poll(remoteId, leaveOut(loaded.request, left), { ...context, signal });
    if (status.kind === "cancelled") for (const charge of status.charges ?? []) ctx.charge(charge);
  } catch (error) {
    ctx.event("generation.cost-unknown", { backend: backend.name, remoteId, message: toErrorRecord(error).message });
  }
}

/** What the backend says of a turn's progress adds up: only the newest whole is kept. */
function backendContext(ctx: JobContext): BackendContext {
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
