import { tmpdir } from "node:os";
import { join } from "node:path";
import { captionerConfig, generationConfig, llmConfig, trainingConfig } from "@loramill/backends";
import { runpodConfig } from "@loramill/compute";
import { defineConfig, EndpointUrl } from "@loramill/contracts";
import { fleetSettingsConfig } from "@loramill/fleet";
import { learningDefaults } from "@loramill/intelligence";
import { pocketConfig } from "@loramill/pocket";
import { endpointsConfig, servicesConfig } from "@loramill/runtime";
import { videoConfig } from "@loramill/video";
import { visionConfig } from "@loramill/vision";
import { webhookConfig } from "@loramill/webhooks";
import { z } from "zod";

/** The API's own variables. */
export const apiConfig = defineConfig(
  {
    API_HOST: z.string().min(1).default("127.0.0.1").describe("Address the API listens on"),
    API_PORT: z.coerce.number().int().min(0).max(65_535).default(7860).describe("Port of the API; 0 takes a free one"),
    API_AUTH: z
      .enum(["auto", "required", "off"])
      .default("auto")
      .describe("`auto`: keys are required unless the API listens on loopback only"),
    API_ADMIN_TOKEN: z
      .string()
      .min(24)
      .optional()
      .describe("Bearer token that may do everything, to make the first API keys with; left out, none"),
    API_MAX_BODY_BYTES: z.coerce.number().int().min(1024).default(16_777_216).describe("Largest spec"),
    API_MAX_UPLOAD_FILE_BYTES: z.coerce
      .number()
      .int()
      .min(1024)
      .default(2_147_483_648)
      .describe("Largest uploaded file"),
    API_MAX_BUNDLE_BYTES: z.coerce
      .number()
      .int()
      .min(1_048_576)
      .default(68_719_476_736)
      .describe("Largest bundle of a run or project that is imported"),
    API_BUNDLE_REUSE: z
      .enum(["allowed", "never"])
      .default("allowed")
      .describe(
        "Whether runs may take what imported bundles say was done; `never`: all imports are as with --no-reuse",
      ),
    API_MAX_UPLOAD_FILES: z.coerce.number().int().min(1).default(100_000).describe("Most files in one upload"),
    LORA_WARN_BYTES: z.coerce
      .number()
      .int()
      .min(1)
      .default(500_000_000)
      .describe("LoRA files above this size come with a warning when they are imported or listed"),
    API_REQUESTS_PER_MINUTE: z.coerce.number().int().min(1).default(1200).describe("Rate limit per key or address"),
    API_LOCAL_SOURCES: z
      .enum(["auto", "on", "off"])
      .default("auto")
      .describe(
        "Whether specs may name folders of the server's machine; `auto`: only when the API listens on loopback",
      ),
    MODEL_HUB_URL: EndpointUrl.default("https://huggingface.co").describe("Hub that base models are pulled from"),
    MODEL_FOLDER: z
      .string()
      .min(1)
      .optional()
      .describe("Folder for base models that are being pulled, with room for the largest; default: the temporary one"),
    LEARNING_HALF_LIFE_DAYS: z.coerce
      .number()
      .positive()
      .max(36_500)
      .optional()
      .describe("Days after which a rating of a generation counts half; left out, ratings do not age"),
    LEARNING_HOLDOUT_SHARE: z.coerce
      .number()
      .min(0)
      .max(0.5)
      .default(learningDefaults.holdoutShare)
      .describe("Share of choices that is made without ratings, so that what they bring is measured; 0: none"),
    LEARNING_DARING: z.coerce
      .number()
      .min(0)
      .max(1)
      .default(learningDefaults.daring)
      .describe("How much runs try out what little is known of: 0 nothing, 1 by the rule of Thompson"),
    LEARNING_RATINGS_A_DAY: z.coerce
      .number()
      .int()
      .min(1)
      .default(learningDefaults.ratingsADay)
      .describe("One person's ratings of the same LoRAs on one day that count in full; more share that weight"),
    API_STUDIO_DIR: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Folder of a built Studio to serve under `/`, or `off`; left out, a mill builds its own, and an API alone has none",
      ),
    BATCH_MAX_RUNS: z.coerce.number().int().min(1).max(100_000).default(2_000).describe("Most runs of one batch"),
    API_URL_SECONDS: z.coerce.number().int().min(10).max(604_800).default(3600).describe("Life of signed URLs"),
  },
  (env) => ({
    host: env.API_HOST,
    port: env.API_PORT,
    auth: env.API_AUTH,
    adminToken: env.API_ADMIN_TOKEN ?? null,
    maxBodyBytes: env.API_MAX_BODY_BYTES,
    maxUploadFileBytes: env.API_MAX_UPLOAD_FILE_BYTES,
    maxBundleBytes: env.API_MAX_BUNDLE_BYTES,
    bundleReuse: env.API_BUNDLE_REUSE,
    maxUploadFiles: env.API_MAX_UPLOAD_FILES,
    loraWarnBytes: env.LORA_WARN_BYTES,
    requestsPerMinute: env.API_REQUESTS_PER_MINUTE,
    localSources: env.API_LOCAL_SOURCES,
    modelHubUrl: env.MODEL_HUB_URL,
    modelFolder: env.MODEL_FOLDER ?? join(tmpdir(), "loramill-models"),
    learning: {
      halfLifeDays: env.LEARNING_HALF_LIFE_DAYS ?? null,
      holdoutShare: env.LEARNING_HOLDOUT_SHARE,
      daring: env.LEARNING_DARING,
      ratingsADay: env.LEARNING_RATINGS_A_DAY,
    },
    studioDir: env.API_STUDIO_DIR ?? null,
    maxBatchRuns: env.BATCH_MAX_RUNS,
    urlSeconds: env.API_URL_SECONDS,
  }),
);
export type ApiOptions = ReturnType<typeof apiConfig.options>;

/** What the API reads as a process of its own: it opens every backend, to plan with it and to say whether it is there. */
export const apiProcessConfig = {
  ...servicesConfig,
  api: apiConfig,
  fleetSettings: fleetSettingsConfig,
  runpod: runpodConfig,
  endpoints: endpointsConfig,
  captioner: captionerConfig,
  llm: llmConfig,
  training: trainingConfig,
  generation: generationConfig,
  ...visionConfig,
  video: videoConfig,
  pocket: pocketConfig,
  webhooks: webhookConfig,
} as const;
