import { defineConfig, EndpointUrl, ModelFamily } from "@loramill/contracts";
import { z } from "zod";
import { agentOptions, agentShape } from "./agent/agent-config.ts";
import { comfyUiConfig } from "./comfyui/comfyui-config.ts";
import { webhookUrl } from "./replicate/webhook-url.ts";

const OWNER_AND_NAME = /^[\w.-]+\/[\w.-]+$/;
const MiB = 1024 * 1024;

/** The backends that train elsewhere, as far as there are any. */
export const trainingConfig = defineConfig(
  {
    ...comfyUiConfig.env.shape,
    REPLICATE_API_TOKEN: z.string().min(1).optional().describe("Token for trainings and pictures on Replicate"),
    REPLICATE_API_URL: EndpointUrl.default("https://api.replicate.com/v1").describe("Where Replicate's API is"),
    REPLICATE_DESTINATION: z
      .string()
      .regex(OWNER_AND_NAME, "must be owner/name")
      .optional()
      .describe(
        "Model of yours on Replicate that trainings put their versions into, created when it is missing; left out, none",
      ),
    REPLICATE_DESTINATION_HARDWARE: z
      .string()
      .min(1)
      .default("gpu-l40s")
      .describe("Hardware that a new destination is given, as Replicate names it"),
    REPLICATE_TRAINER: z
      .string()
      .regex(OWNER_AND_NAME, "must be owner/name")
      .default("ostris/flux-dev-lora-trainer")
      .describe("Trainer on Replicate; it must give one LoRA as safetensors"),
    REPLICATE_TRAINER_FAMILY: ModelFamily.default("flux").describe("Family that the trainer trains"),
    REPLICATE_TRAINER_BASE_MODEL: z
      .string()
      .min(1)
      .default("black-forest-labs/FLUX.1-dev")
      .describe("Base model that the trainer trains on"),
    REPLICATE_TRAINING_USD_PER_SECOND: z.coerce
      .number()
      .min(0)
      .max(1)
      .default(0.001525)
      .describe("Price of the machine that the trainer runs on, in US dollars; see the trainer's page"),
    REPLICATE_MAX_JOBS: z.coerce.number().int().min(1).max(1000).default(4).describe("Trainings on Replicate at once"),
    REPLICATE_TIMEOUT_SECONDS: z.coerce
      .number()
      .int()
      .min(60)
      .max(604_800)
      .default(7200)
      .describe("Seconds after which a training on Replicate is cancelled there"),
    REPLICATE_POLL_SECONDS: z.coerce
      .number()
      .min(1)
      .max(600)
      .default(10)
      .describe(
        "Seconds between two looks at a training on Replicate; its end is reported by webhook where PUBLIC_URL is set",
      ),
    REPLICATE_MAX_UPLOAD_MIB: z.coerce
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(90)
      .describe("Largest set of pictures that is uploaded to Replicate; larger ones are fetched from the object store"),
    REPLICATE_MAX_WEIGHTS_MIB: z.coerce
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(2048)
      .describe("Largest LoRA that is taken from Replicate"),
    ...agentShape,
    PUBLIC_URL: EndpointUrl.optional().describe(
      "Where clients and pods reach the API; signed URLs of a folder store lie under it",
    ),
  },
  (env) => ({
    agent: agentOptions(env),
    comfyui: comfyUiConfig.options(env),
    replicate:
      env.REPLICATE_API_TOKEN === undefined || env.REPLICATE_DESTINATION === undefined
        ? null
        : {
            token: env.REPLICATE_API_TOKEN,
            url: env.REPLICATE_API_URL,
            trainer: env.REPLICATE_TRAINER,
            family: env.REPLICATE_TRAINER_FAMILY,
            baseModel: env.REPLICATE_TRAINER_BASE_MODEL,
            destination: env.REPLICATE_DESTINATION,
            hardware: env.REPLICATE_DESTINATION_HARDWARE,
            usdPerSecond: env.REPLICATE_TRAINING_USD_PER_SECOND,
            maxJobs: env.REPLICATE_MAX_JOBS,
            timeoutSeconds: env.REPLICATE_TIMEOUT_SECONDS,
            pollMs: env.REPLICATE_POLL_SECONDS * 1000,
            webhookUrl: webhookUrl(env.PUBLIC_URL),
            maxUploadBytes: env.REPLICATE_MAX_UPLOAD_MIB * MiB,
            maxWeightsBytes: env.REPLICATE_MAX_WEIGHTS_MIB * MiB,
          },
  }),
);

/** Null for every backend that is not configured. */
export type TrainingOptions = ReturnType<typeof trainingConfig.options>;
