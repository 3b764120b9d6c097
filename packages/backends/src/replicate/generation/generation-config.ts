import { defineConfig, GenerationFamily } from "@loramill/contracts";
import { z } from "zod";
import { trainingConfig } from "../../training-config.ts";
import { webhookUrl } from "../webhook-url.ts";

const MiB = 1024 * 1024;

/** `family=owner/name:version`, separated by commas, each family once. */
const Models = z
  .string()
  .transform((text) =>
    text.split(",").map((part) => {
      const [, family = "", name = "", version = ""] =
        /^\s*(\w+)=([\w.-]+\/[\w.-]+):([0-9a-f]{64})\s*$/.exec(part) ?? [];
      return { family, name, version };
    }),
  )
  .pipe(
    z
      .array(
        z.object({
          family: GenerationFamily.exclude(["pocket"]),
          name: z.string().min(1, "must be family=owner/name:version, with a version of 64 hexadecimal digits"),
          version: z.string(),
        }),
      )
      .refine((models) => new Set(models.map(({ family }) => family)).size === models.length, "names a family twice"),
  );

const { REPLICATE_API_TOKEN, REPLICATE_API_URL, PUBLIC_URL } = trainingConfig.env.shape;

/** The models on Replicate that draw, if there are any. */
export const replicateGenerationConfig = defineConfig(
  {
    REPLICATE_API_TOKEN,
    REPLICATE_API_URL,
    PUBLIC_URL,
    REPLICATE_GENERATION_MODELS: Models.optional().describe(
      "Models on Replicate that draw, as family=owner/name:version, separated by commas, such as flux=black-forest-labs/flux-dev-lora:…; left out, none",
    ),
    REPLICATE_GENERATION_USD_PER_SECOND: z.coerce
      .number()
      .min(0)
      .max(1)
      .default(0.001525)
      .describe("Price of the machine that these models run on, in US dollars; see the models' pages"),
    REPLICATE_GENERATION_AT_ONCE: z.coerce
      .number()
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe("Predictions of one job that are under way at once"),
    REPLICATE_GENERATION_POLL_SECONDS: z.coerce
      .number()
      .min(0.5)
      .max(600)
      .default(3)
      .describe(
        "Seconds between two looks at a picture on Replicate; its end is reported by webhook where PUBLIC_URL is set",
      ),
    REPLICATE_GENERATION_TIMEOUT_SECONDS: z.coerce
      .number()
      .int()
      .min(30)
      .max(3600)
      .default(900)
      .describe("Seconds after which a picture on Replicate is cancelled there, a cold start included"),
    REPLICATE_GENERATION_MAX_FILE_MIB: z.coerce
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(100)
      .describe("Largest picture that is taken from Replicate"),
  },
  (env) =>
    env.REPLICATE_API_TOKEN === undefined || env.REPLICATE_GENERATION_MODELS === undefined
      ? null
      : {
          token: env.REPLICATE_API_TOKEN,
          url: env.REPLICATE_API_URL,
          models: env.REPLICATE_GENERATION_MODELS,
          usdPerSecond: env.REPLICATE_GENERATION_USD_PER_SECOND,
          atOnce: env.REPLICATE_GENERATION_AT_ONCE,
          pollMs: env.REPLICATE_GENERATION_POLL_SECONDS * 1000,
          timeoutMs: env.REPLICATE_GENERATION_TIMEOUT_SECONDS * 1000,
          webhookUrl: webhookUrl(env.PUBLIC_URL),
          maxFileBytes: env.REPLICATE_GENERATION_MAX_FILE_MIB * MiB,
        },
);
