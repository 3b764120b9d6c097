import { PermanentError, TransientError, UserError } from "@loramill/contracts";
import { FormData } from "undici";
import { z } from "zod";
import type { Endpoint } from "../vision/endpoint.ts";

const Training = z.looseObject({
  id: z.string().min(1).max(128),
  status: z.string(),
  input: z.looseObject({ input_images: z.unknown().optional() }).nullish().catch(null),
  output: z.looseObject({ weights: z.url().optional() }).nullish().catch(null),
  error: z.unknown().optional(),
  started_at: z.iso.datetime({ offset: true }).nullish().catch(null),
  logs: z.string().nullish().catch(null),
  metrics: z
    .looseObject({ predict_time: z.number().min(0).optional().catch(undefined) })
    .nullish()
    .catch(null),
});
export type Training = z.output<typeof Training>;

/** What a trainer takes, as it publishes it itself (OpenAPI): names of its inputs and what each may be. */
const TrainerInputs = z.looseObject({
  required: z.array(z.string()).default([]),
  properties: z.record(
    z.string(),
    z.looseObject({
      type: z.string().optional().catch(undefined),
      minimum: z.number().optional().catch(undefined),
      maximum: z.number().optional().catch(undefined),
      enum: z.array(z.unknown()).optional().catch(undefined),
    }),
  ),
});
export type TrainerInputs = z.output<typeof TrainerInputs>;

const Model = z.looseObject({
  latest_version: z.looseObject({
    id: z.string().regex(/^[0-9a-f]{64}$/),
    openapi_schema: z.looseObject({
      components: z.looseObject({
        schemas: z.looseObject({ TrainingInput: TrainerInputs.optional(), Input: TrainerInputs.optional() }),
      }),
    }),
  }),
});
const Page = z.looseObject({ next: z.string().nullish(), results: z.array(z.unknown()) });
const Uploaded = z.looseObject({ urls: z.looseObject({ get: z.url() }) });

const LIST_BYTES = 32 * 1024 * 1024;
/** Pages of 100 that are searched for a training whose id was lost. */
const MAX_PAGES = 10;
/** A set of pictures travels on slow lines too. */
const UPLOAD_TIMEOUT_MS = 600_000;

export interface Trainings {
  /** A trainer's newest version and what it takes. */
  trainer(signal?: AbortSignal): Promise<{ readonly version: string; readonly inputs: TrainerInputs }>;
  /** Creates the model that trainings put their versions into, unless it is there. */
  ensureDestination(signal: AbortSignal): Promise<void>;
  /** Puts an archive where a trainer reads it for a day; the address is found again in the training's input. */
  upload(zip: Uint8Array, name: string, signal: AbortSignal): Promise<string>;
  create(
    version: string,
    request: { readonly input: Readonly<Record<string, unknown>>; readonly webhook: string | null },
    signal: AbortSignal,
  ): Promise<Training>;
  /** Null when it is not known any more. */
  get(id: string, signal: AbortSignal): Promise<Training | null>;
  findByImages(images: string, signal: AbortSignal): Promise<Training | null>;
  cancel(id: string, signal: AbortSignal): Promise<void>;
}

/** Replicate's trainings, with the models and files that they need. `trainer` and `destination` are `owner/name`. */
export function openTrainings(
  endpoint: Endpoint,
  at: { readonly base: string; readonly trainer: string; readonly destination: string; readonly hardware: string },
): Trainings {
  const { base, trainer, destination } = at;
  const read = <T>(schema: z.ZodType<T>, answer: unknown, what: string): T => {
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new TransientError(`Replicate answered something that is no ${what}`, { code: "bad-answer" });
  };
  const urlOf = (id: string) => `${base}/trainings/${encodeURIComponent(id)}`;

  return {
    async trainer(signal) {
      const answer = await endpoint.ask({ url: `${base}/models/${trainer}`, maxBytes: LIST_BYTES, signal });
      const { id, openapi_schema } = read(Model, answer, "model with a version").latest_version;
      const { TrainingInput, Input } = openapi_schema.components.schemas;
      const inputs = TrainingInput ?? Input;
      if (inputs === undefined) {
        throw new PermanentError(`Replicate's ${trainer} is no trainer: choose one in REPLICATE_TRAINER`, {
          code: "endpoint-not-found",
        });
      }
      return { version: id, inputs };
    },

    async ensureDestination(signal) {
      const [owner, name] = destination.split("/");
      const body = JSON.stringify({ owner, name, visibility: "private", hardware: at.hardware });
      try {
        await endpoint.ask({ url: `${base}/models`, body, signal });
      } catch (error) {
        // It is there already: some answer 409 to that, some 422.
        const isThere =
          (error instanceof PermanentError || error instanceof TransientError || error instanceof UserError) &&
          /already exists|\b409\b/.test(error.message);
        if (!isThere) throw error;
      }
    },

    async upload(zip, name, signal) {
      const form = new FormData();
      form.set("content", new Blob([new Uint8Array(zip)], { type: "application/zip" }), name);
      const answer = await endpoint.ask({ url: `${base}/files`, body: form, timeoutMs: UPLOAD_TIMEOUT_MS, signal });
      return read(Uploaded, answer, "file").urls.get;
    },

    async create(version, { input, webhook }, signal) {
      const hook = webhook === null ? {} : { webhook, webhook_events_filter: ["completed"] };
      const body = JSON.stringify({ destination, input, ...hook });
      const url = `${base}/models/${trainer}/versions/${version}/trainings`;
      return read(Training, await endpoint.ask({ url, body, maxBytes: LIST_BYTES, signal }), "training");
    },

    async get(id, signal) {
      try {
        return read(Training, await endpoint.ask({ url: urlOf(id), maxBytes: LIST_BYTES, signal }), "training");
      } catch (error) {
        if (error instanceof PermanentError && error.code === "endpoint-not-found") return null;
        throw error;
      }
    },

    async findByImages(images, signal) {
      let url: string | null = `${base}/trainings`;
      for (let page = 0; url !== null && page < MAX_PAGES; page += 1) {
        const answer = await endpoint.ask({ url, maxBytes: LIST_BYTES, signal });
        const { results, next }: z.output<typeof Page> = read(Page, answer, "list of trainings");
        for (const one of results) {
          const training = Training.safeParse(one).data;
          if (training?.input?.input_images === images) return training;
        }
        url = next?.startsWith(`${base}/`) ? next : null;
      }
      return null;
    },

    async cancel(id, signal) {
      await endpoint.ask({ url: `${urlOf(id)}/cancel`, method: "POST", maxBytes: LIST_BYTES, signal });
    },
  };
}
