import { PermanentError, TransientError } from "@loramill/contracts";
import { FormData } from "undici";
import { z } from "zod";
import type { Endpoint } from "../vision/endpoint.ts";
import type { SentPicture } from "../vision/picture.ts";

export const Prediction = z.looseObject({
  id: z.string().min(1).max(128),
  status: z.string(),
  output: z.unknown().optional(),
  error: z.unknown().optional(),
  input: z.looseObject({ image: z.unknown().optional() }).nullish().catch(null),
  metrics: z
    .looseObject({ predict_time: z.number().min(0).optional().catch(undefined) })
    .nullish()
    .catch(null),
});
export type Prediction = z.output<typeof Prediction>;

const Page = z.looseObject({ next: z.string().nullish(), results: z.array(z.unknown()) });
const Model = z.looseObject({ latest_version: z.looseObject({ id: z.string().regex(/^[0-9a-f]{64}$/) }).nullish() });
const Uploaded = z.looseObject({ urls: z.looseObject({ get: z.url() }) });

/** Statuses after which nothing changes any more. */
const ENDED = ["succeeded", "failed", "canceled", "aborted"];
/** Pages of 100 that are searched for a prediction whose id was lost. */
const MAX_PAGES = 10;
const LIST_BYTES = 32 * 1024 * 1024;

export const hasEnded = ({ status }: Prediction): boolean => ENDED.includes(status);

export interface Predictions {
  /** The newest version of `owner/name`, or the one that the name pins after a colon. */
  version(model: string, signal?: AbortSignal): Promise<string>;
  /** Puts a picture where a model reads it; the address is found again in the prediction's input. */
  upload(picture: SentPicture, signal: AbortSignal): Promise<string>;
  /** `webhook`: where its end is reported. */
  create(
    version: string,
    input: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
    webhook?: string | null,
  ): Promise<Prediction>;
  /** Null when it is not known any more. */
  get(id: string, signal: AbortSignal): Promise<Prediction | null>;
  /** The newest prediction of these that was created since then. */
  findNewest(isIt: (one: Prediction) => boolean, since: Date, signal: AbortSignal): Promise<Prediction | null>;
  cancel(id: string, timeoutMs: number, signal?: AbortSignal): Promise<void>;
}

/** Replicate's predictions and files, as far as captioning and drawing need them. */
export function openPredictions(endpoint: Endpoint, base: string): Predictions {
  const read = <T>(schema: z.ZodType<T>, answer: unknown, what: string): T => {
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new TransientError(`Replicate answered something that is no ${what}`, { code: "bad-answer" });
  };

  return {
    async version(model, signal) {
      const [name = "", pinned] = model.split(":", 2);
      if (pinned !== undefined) return pinned;
      const answer = read(
        Model,
        await endpoint.ask({ url: `${base}/models/${name}`, maxBytes: LIST_BYTES, signal }),
        "model",
      );
      if (answer.latest_version == null) {
        throw new PermanentError(`Replicate's model ${name} has no version: pin one in REPLICATE_CAPTION_MODEL`, {
          code: "endpoint-not-found",
        });
      }
      return answer.latest_version.id;
    },

    async upload({ bytes, mediaType }, signal) {
      const form = new FormData();
      const name = `picture.${mediaType.replace(/^image\//, "")}`;
      form.set("content", new Blob([new Uint8Array(bytes)], { type: mediaType }), name);
      const answer = await endpoint.ask({ url: `${base}/files`, body: form, signal });
      return read(Uploaded, answer, "file").urls.get;
    },

    async create(version, input, signal, webhook = null) {
      const hook = webhook === null ? {} : { webhook, webhook_events_filter: ["completed"] };
      const body = JSON.stringify({ version, input, ...hook });
      return read(Prediction, await endpoint.ask({ url: `${base}/predictions`, body, signal }), "prediction");
    },

    async get(id, signal) {
      try {
        const url = `${base}/predictions/${encodeURIComponent(id)}`;
        return read(Prediction, await endpoint.ask({ url, signal }), "prediction");
      } catch (error) {
        if (error instanceof PermanentError && error.code === "endpoint-not-found") return null;
        throw error;
      }
    },

    async findNewest(isIt, since, signal) {
      let url: string | null = `${base}/predictions?created_after=${encodeURIComponent(since.toISOString())}`;
      for (let page = 0; url !== null && page < MAX_PAGES; page += 1) {
        const answer: z.output<typeof Page> = read(
          Page,
          await endpoint.ask({ url, maxBytes: LIST_BYTES, signal }),
          "list of predictions",
        );
        for (const one of answer.results) {
          const prediction = Prediction.safeParse(one).data;
          if (prediction !== undefined && isIt(prediction)) return prediction;
        }
        url = answer.next?.startsWith(`${base}/`) ? answer.next : null;
      }
      return null;
    },

    async cancel(id, timeoutMs, signal) {
      const url = `${base}/predictions/${encodeURIComponent(id)}/cancel`;
      await endpoint.ask({ url, method: "POST", timeoutMs, signal });
    },
  };
}
