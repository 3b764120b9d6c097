import { defineConfig } from "@loramill/contracts";
import { comfyUiConfig } from "./comfyui/comfyui-config.ts";
import { replicateGenerationConfig } from "./replicate/generation/generation-config.ts";
import { serverlessConfig } from "./runpod-serverless/serverless-config.ts";

/** The backends that draw elsewhere, as far as there are any. */
export const generationConfig = defineConfig(
  { ...comfyUiConfig.env.shape, ...serverlessConfig.env.shape, ...replicateGenerationConfig.env.shape },
  (env) => ({
    comfyui: comfyUiConfig.options(env),
    serverless: serverlessConfig.options(env),
    replicate: replicateGenerationConfig.options(env),
  }),
);

/** Null for every backend that is not configured. */
export type GenerationOptions = ReturnType<typeof generationConfig.options>;
