import { combineCaptions, finishCaption } from "@loramill/captioning";
import {
  type Caption,
  type DatasetPart,
  type InputOf,
  type JobContext,
  type JobOutput,
  mapBounded,
  type Parked,
  type PreparedImage,
  type Refusal,
  type Stores,
  type TextModel,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { sayLimit } from "@loramill/orchestration";
import { z } from "zod";
import { consult, type Said } from "./consult.ts";
import { type Gates, USELESS } from "./gate.ts";
import { plannedTools, type Tools } from "./planned-tools.ts";
import { costOf, createPurse, NoRoom, type Purse } from "./purse.ts";

export interface CaptionerDeps extends Tools {
  readonly stores: Stores;
  /** Makes one caption of several, where it is configured. */
  readonly fuser: TextModel | null;
  /** The ways to the endpoints, shared by the jobs of this worker. */
  readonly gates: Gates;
}

type Input = InputOf<"caption-images">;
type Style = Input["params"]["style"];

/** How often the job waits for a busy endpoint without having got one answer, before that costs an attempt. */
const MAX_IDLE_WAITS = 8;
const Turn = z.object({ idleWaits: z.int().default(0) });

/**
 * Captions one part of a dataset. Captions that came with the pictures are kept, replaced or combined as the style says.
 * A picture that a captioner refuses is listed and does not fail the job. Where a budget or ceiling has no room for the
 * next picture, the job waits for it with what it has. An endpoint that asks to wait parks the job:
 * what was answered is remembered, so that the next turn asks only for the rest.
 */
export async function captionImages(input: Input, deps: CaptionerDeps, ctx: JobContext): Promise<JobOutput | Parked> {
  const { microUsdPerImage } = input.params;
  const tools = plannedTools(input.params, deps);
  const { images } = await deps.stores.documents.get("dataset-part", input.part);
  const limit = microUsdPerImage === undefined ? null : microUsdPerImage * images.length;
  const asking = { tools, input, deps, purse: createPurse(limit, ctx.hold), giveUp: new AbortController() };
  let done = 0;
  let answers = 0;
  try {
    // How many are really asked about at once is the gates' business.
    const results = await mapBounded(images, images.length, async (image) => {
      try {
        const result = await captionOne(image, asking, ctx);
        if (result.asked) answers += 1;
        done += 1;
        ctx.progress({ done, total: images.length, percent: Math.round((100 * done) / images.length) });
        return result;
      } catch (error) {
        // Those that wait for their turn need not ask any more; what is being answered is waited for and kept.
        asking.giveUp.abort(error);
        throw error;
      }
    });
    throwWhenUseless(results);
    return await publish(results, deps, ctx);
  } catch (error) {
    if (error instanceof NoRoom && !ctx.signal.aborted) {
      ctx.event("caption.stopped", { by: sayLimit(error.limit), done, total: images.length });
      return ctx.giveBack({ idleWaits: 0 });
    }
    return waitOrThrow(error, answers > 0, ctx);
  }
}

interface Asking {
  readonly tools: ReturnType<typeof plannedTools>;
  readonly input: Input;
  readonly deps: CaptionerDeps;
  readonly purse: Purse;
  readonly giveUp: AbortController;
}

type Result = { readonly asked: boolean } & (
  | { readonly caption: Caption }
  /** `error` is there when the endpoint failed on the picture. */
  | { readonly refusal: Refusal; readonly error?: TransientError }
);

async function captionOne(
  image: DatasetPart["images"][number],
  { tools, input, deps, purse, giveUp }: Asking,
  ctx: JobContext,
): Promise<Result> {
  const { style, ensemble } = input.params;
  const { captioners, embedder, countTokens } = tools;
  const finishing = { ...style, known: knownTexts(image), ...(countTokens === undefined ? {} : { countTokens }) };
  ctx.signal.throwIfAborted();
  const existing = image.caption?.text.trim() ?? "";
  if (existing !== "" && style.existing === "keep") {
    const text = finishCaption(existing, finishing);
    return {
      asked: false,
      caption: { image: image.original.sha256, path: image.path, text, provider: "sidecar", raw: existing },
    };
  }
  let said: Said;
  try {
    said = await consult({
      image,
      style,
      captioners,
      combine: ensemble?.combine ?? null,
      stores: deps.stores,
      gates: deps.gates,
      fuser: deps.fuser,
      embedder,
      purse,
      signal: ctx.signal,
      waiting: giveUp.signal,
      turn: { job: ctx.job, epoch: ctx.epoch },
      wasted: (charge) => ctx.charge(charge),
    });
  } catch (error) {
    if (ctx.signal.aborted || giveUp.signal.aborted) throw error;
    const isPicture = error instanceof UserError || (error instanceof TransientError && USELESS.has(error.code));
    if (!isPicture) throw error;
    const refusal = { path: image.path, code: error.code, message: error.message.slice(0, 1000) };
    // No answer: a job that only ever hears such must not wait for ever.
    return error instanceof TransientError ? { asked: false, refusal, error } : { asked: false, refusal };
  }
  for (const charge of said.charges) ctx.charge(charge);
  if (said.asked) purse.charged(said.charges);
  const text = existing === "" || isSidecar(said) ? said.text : combineWith(existing, said.text, style);
  return {
    asked: said.asked,
    caption: captionOf(image, said, finishCaption(text, finishing)),
  };
}

/** What the finishing need not take for made up. */
function knownTexts({ path, caption, content }: DatasetPart["images"][number]): string[] {
  const texts = [path, caption?.text, content.title, content.description, ...content.keywords];
  return texts.filter((text) => text !== undefined);
}

const isSidecar = ({ provider }: Said): boolean => provider.startsWith("sidecar/");

const combineWith = (existing: string, said: string, style: Style): string =>
  style.existing === "combine" ? combineCaptions(existing, said) : said;

function captionOf(image: PreparedImage, said: Said, text: string): Caption {
  return {
    image: image.original.sha256,
    path: image.path,
    text,
    provider: said.provider,
    raw: said.text,
    microUsd: costOf(said.charges),
    ...(said.prompt === undefined ? {} : { prompt: said.prompt.slice(0, 4096) }),
    ...(said.voices === undefined ? {} : { voices: [...said.voices] }),
  };
}

/** One picture with which an endpoint can do nothing is the picture's fault; all of them are the endpoint's. */
function throwWhenUseless(results: readonly Result[]): void {
  const errors = results.flatMap((result) => ("error" in result && result.error !== undefined ? [result.error] : []));
  if (errors.length > 1 && errors.length === results.length) throw errors[0];
}

async function publish(results: readonly Result[], deps: CaptionerDeps, ctx: JobContext): Promise<JobOutput> {
  const captions = results.flatMap((result) => ("caption" in result ? [result.caption] : []));
  const refused = results.flatMap((result) => ("refusal" in result ? [result.refusal] : []));
  const digest = await deps.stores.documents.put("captions", { captions, refused });
  if (captions.length > 0) ctx.record({ kind: "captions", document: digest, captions });
  for (const { path, code, message } of refused) ctx.event("caption.refused", { path, code, message });
  const kept = captions.filter(({ provider }) => provider === "sidecar").length;
  const summary = { captions: captions.length, kept, refused: refused.length };
  return { digest, shape: "part", items: captions.length, summary };
}

/**
 * A busy endpoint is "not yet", not a failure: a turn that got some answers, or was told when to come back, waits without
 * spending an attempt. Turns that get nothing for a long time are failures after all.
 */
function waitOrThrow(error: unknown, gotAnswers: boolean, ctx: JobContext): Parked {
  if (!(error instanceof TransientError) || ctx.signal.aborted) throw error;
  const idleWaits = gotAnswers ? 0 : Turn.parse(ctx.turn ?? {}).idleWaits + 1;
  const isTold = error.retryAfterMs !== undefined;
  if ((!gotAnswers && !isTold) || idleWaits > MAX_IDLE_WAITS) throw error;
  ctx.event("caption.waiting", { code: error.code, message: error.message });
  return ctx.park(error.retryAfterMs ?? 2_000, { idleWaits });
}
