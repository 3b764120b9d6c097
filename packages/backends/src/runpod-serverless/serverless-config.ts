import { defineConfig, EndpointUrl, GenerationFamily } from "@loramill/contracts";
import { z } from "zod";
import { listOf } from "../config-list.ts";
import { serverlessKinds } from "./serverless-support.ts";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

/** The serverless endpoint of RunPod that draws, if there is one. */
export const serverlessConfig = defineConfig(
  {
    RUNPOD_API_KEY: z
      .string()
      .min(1)
      .optional()
      .describe("Key of RunPod, for its serverless endpoints and for renting machines"),
    RUNPOD_SERVERLESS_ENDPOINT: z
      .string()
      .regex(/^[\w-]{1,64}$/)
      .optional()
      .describe("Id of the serverless endpoint with worker-comfyui that pictures are drawn on; left out, none"),
    RUNPOD_SERVERLESS_URL: EndpointUrl.default("https://api.runpod.ai/v2").describe("Where RunPod's endpoints are"),
    RUNPOD_SERVERLESS_FAMILIES: listOf(GenerationFamily.exclude(["pocket"]))
      .prefault("flux")
      .describe("Families of base models that the endpoint has, separated by commas"),
    RUNPOD_SERVERLESS_KINDS: listOf(z.enum(serverlessKinds))
      .prefault("text-to-image,image-to-image,inpaint,upscale")
      .describe("What the endpoint makes; clips only if its worker returns them, which worker-comfyui itself does not"),
    RUNPOD_SERVERLESS_LORAS: z
      .enum(["none", "volume"])
      .default("none")
      .describe(
        "volume: LoRAs lie under models/loras of the endpoint's volume, as loramill-<first 32 digits of the SHA-256>.safetensors",
      ),
    RUNPOD_SERVERLESS_VOLUME: z
      .string()
      .regex(/^[\w-]+@[\w-]+$/, "must be the volume's id and its data centre, as agv6w2qcg7@EU-RO-1")
      .optional()
      .describe(
        "The endpoint's network volume as ID@DATA-CENTRE, to which LoRAs are brought when a picture wants them; left out, by you",
      ),
    RUNPOD_SERVERLESS_LORAS_MAX_GIB: z.coerce
      .number()
      .min(1)
      .default(20)
      .describe(
        "Most GiB of LoRAs brought to that volume; what was used longest ago goes, and nothing used within a day",
      ),
    RUNPOD_SERVERLESS_USD_PER_SECOND: z.coerce
      .number()
      .min(0)
      .max(1)
      .default(0.00031)
      .describe("Price of a second of the endpoint's GPU, in US dollars"),
    RUNPOD_SERVERLESS_AT_ONCE: z.coerce
      .number()
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe("Requests of one job that wait or run on the endpoint at once"),
    RUNPOD_SERVERLESS_TIMEOUT_SECONDS: z.coerce
      .number()
      .int()
      .min(5)
      .max(604_800)
      .default(600)
      .describe("Seconds of work after which RunPod stops a request; also the most that a lost answer can cost"),
    RUNPOD_SERVERLESS_TTL_SECONDS: z.coerce
      .number()
      .int()
      .min(10)
      .max(604_800)
      .default(3600)
      .describe("Seconds after which RunPod forgets a request, wherever it stands"),
    RUNPOD_SERVERLESS_POLL_SECONDS: z.coerce
      .number()
      .min(0.5)
      .max(600)
      .default(3)
      .describe("Seconds between two looks at a request; results are kept for half an hour"),
    RUNPOD_SERVERLESS_MAX_FILE_MIB: z.coerce
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(256)
      .describe("Largest file that is fetched where the worker puts results into a bucket"),
  },
  (env) =>
    env.RUNPOD_API_KEY === undefined || env.RUNPOD_SERVERLESS_ENDPOINT === undefined
      ? null
      : {
          apiKey: env.RUNPOD_API_KEY,
          url: env.RUNPOD_SERVERLESS_URL,
          endpoint: env.RUNPOD_SERVERLESS_ENDPOINT,
          families: env.RUNPOD_SERVERLESS_FAMILIES,
          kinds: env.RUNPOD_SERVERLESS_KINDS,
          hasLoras: env.RUNPOD_SERVERLESS_LORAS === "volume" || env.RUNPOD_SERVERLESS_VOLUME !== undefined,
          volume: volumeOf(env.RUNPOD_SERVERLESS_VOLUME),
          lorasMaxBytes: env.RUNPOD_SERVERLESS_LORAS_MAX_GIB * GiB,
          usdPerSecond: env.RUNPOD_SERVERLESS_USD_PER_SECOND,
          atOnce: env.RUNPOD_SERVERLESS_AT_ONCE,
          executionSeconds: env.RUNPOD_SERVERLESS_TIMEOUT_SECONDS,
          ttlSeconds: env.RUNPOD_SERVERLESS_TTL_SECONDS,
          pollMs: env.RUNPOD_SERVERLESS_POLL_SECONDS * 1000,
          maxFileBytes: env.RUNPOD_SERVERLESS_MAX_FILE_MIB * MiB,
        },
);

function volumeOf(text: string | undefined): { readonly id: string; readonly region: string } | null {
  const [id, region] = text?.split("@") ?? [];
  return id === undefined || region === undefined ? null : { id, region };
}
