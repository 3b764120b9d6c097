import { CAPTIONING_VERSION, combineCaptions, finishCaption } from "@loramill/captioning";
import {
  type Caption,
  type Captioner,
  type DatasetPart,
  type InputOf,
  type JobContext,
  type JobOutput,
  type Parked,
  PermanentError,
  type PreparedImage,
  type Refusal,
  type Stores,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { z } from "zod";
import { type Answer, askOnce } from "./ask-once.ts";
import { mapBounded } from "./map-bounded.ts";

export interface CaptionerDeps {
  readonly stores: Stores;
  /** The captioners of this installation, found by their id. */
  readonly captioners: readonly Captioner[];
}

type Input = InputOf<"caption-images">;
type Style = Input["params"]["style"];

/** How often the job waits for a busy endpoint without having got one answer, before that costs an attempt. */
const MAX_IDLE_WAITS = 8;
const Turn = z.object({ idleWaits: z.int().default(0) });

/**
 * Captions one part of a dataset. Captions that came with the pictures are kept, replaced or combined as the style says.
 * A picture that a captioner refuses is listed and does not fail the job. An endpoint that asks to wait parks the job:
 * what was answered is remembered, so that the next turn asks only for the rest.
 */
export async function captionImages(input: Input, deps: CaptionerDeps, ctx: JobContext): Promise<JobOutput | Parked> {
  const { style, provider } = input.params;
  const captioner = deps.captioners.find(({ id }) => id === provider);
  if (captioner === undefined) {
    const known = deps.captioners.map(({ id }) => id).join(", ");
    throw new PermanentError(
      `This worker does not have the captioner ${provider} that the run was planned with (it has ${known}): configure it here as where it was planned, or plan again`,
      { code: "captioner-missing", details: { provider } },
    );
  }
  const { images } = await deps.stores.documents.get("dataset-part", input.part);
  let done = 0;
  let answers = 0;
  try {
    const results = await mapBounded(images, captioner.concurrency, async (image) => {
      const result = await captionOne(image, style, captioner, deps, ctx);
      if (result.asked) answers += 1;
      done += 1;
      ctx.progress({ done, total: images.length, percent: Math.round((100 * done) / images.length) });
      return result;
    });
    return await publish(results, deps, ctx);
  } catch (error) {
    return waitOrThrow(error, answers > 0, ctx);
  }
}

type Result = { readonly asked: boolean } & ({ readonly caption: Caption } | { readonly refusal: Refusal });

async function captionOne(
  image: DatasetPart["images"][number],
  style: Style,
  captioner: Captioner,
  deps: CaptionerDeps,
  ctx: JobContext,
): Promise<Result> {
  const existing = style.existing === "replace" ? "" : (image.caption?.text.trim() ?? "");
  if (existing !== "" && style.existing === "keep") {
    return { asked: false, caption: finished(image, existing, existing, "sidecar", style) };
  }
  ctx.signal.throwIfAborted();
  let answer: Answer;
  try {
    answer = await askOnce({
      image,
      style,
      captioner,
      stores: deps.stores,
      version: CAPTIONING_VERSION,
      signal: ctx.signal,
    });
  } catch (error) {
    if (!(error instanceof UserError) || ctx.signal.aborted) throw error;
    return { asked: true, refusal: { path: image.path, code: error.code, message: error.message.slice(0, 1000) } };
  }
  for (const charge of answer.charges) ctx.charge(charge);
  const text = existing === "" ? answer.text : combineCaptions(existing, answer.text);
  return { asked: !answer.remembered, caption: finished(image, text, answer.text, captioner.id, style) };
}

function finished(image: PreparedImage, text: string, raw: string, provider: string, style: Style): Caption {
  return { image: image.original.sha256, path: image.path, text: finishCaption(text, style), provider, raw };
}

async function publish(results: readonly Result[], deps: CaptionerDeps, ctx: JobContext): Promise<JobOutput> {
  const captions = results.flatMap((result) => ("caption" in result ? [result.caption] : []));
  const refused = results.flatMap((result) => ("refusal" in result ? [result.refusal] : []));
  const digest = await deps.stores.documents.put("captions", { captions, refused });
  if (captions.length > 0) ctx.record({ kind: "captions", captions });
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
