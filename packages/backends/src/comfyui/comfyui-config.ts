import { defineConfig, EndpointUrl } from "@loramill/contracts";
import { z } from "zod";
import { type GpuMachine, GpuName } from "../estimate-on-gpu.ts";
import type { ServerOptions } from "./connection.ts";

const USUAL_URL = "http://localhost:8188";

const Servers = z
  .string()
  .transform((text) => text.split(",").map((url) => url.trim()))
  .pipe(z.array(EndpointUrl).min(1).max(64));

/** The ComfyUI servers of an installation, as far as there are any. */
export const comfyUiConfig = defineConfig(
  {
    COMFYUI_API_URL: Servers.default([USUAL_URL]).describe(
      "ComfyUI servers for training and generation, separated by commas, with the path and name:password@ of a proxy before them",
    ),
    COMFYUI_API_KEY: z.string().min(1).optional().describe("Key that a proxy before ComfyUI wants; it has none itself"),
    COMFYUI_AUTH_HEADER: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,64}$/)
      .default("Authorization")
      .describe("Header that carries the key; in Authorization it is sent as a bearer token"),
    COMFYUI_TIMEOUT_SECONDS: z.coerce
      .number()
      .min(1)
      .max(600)
      .default(60)
      .describe("Seconds until ComfyUI must have answered a request"),
    COMFYUI_MAX_JOBS: z.coerce
      .number()
      .int()
      .min(1)
      .max(16)
      .default(1)
      .describe("Most prompts that run or wait on one server before others are held back"),
    COMFYUI_POLL_SECONDS: z.coerce
      .number()
      .min(0.1)
      .max(60)
      .default(2)
      .describe("Seconds between two looks at a prompt"),
    COMFYUI_PREVIEWS: z.coerce
      .number()
      .min(0)
      .max(3600)
      .default(5)
      .describe("Seconds between two previews of a picture that is being drawn; 0 asks ComfyUI for none"),
    COMFYUI_TRAINING_TIMEOUT_SECONDS: z.coerce
      .number()
      .min(60)
      .max(604_800)
      .default(3600)
      .describe("Seconds from its submission after which a training is stopped on the server"),
    COMFYUI_GENERATION_TIMEOUT_SECONDS: z.coerce
      .number()
      .min(10)
      .max(604_800)
      .default(3600)
      .describe("Seconds that ComfyUI may work on one picture or clip before it is stopped there and given up"),
    COMFYUI_GPU: GpuName.describe("GPU type of the servers, for quotes"),
    COMFYUI_USD_PER_HOUR: z.coerce
      .number()
      .min(0)
      .max(1000)
      .default(0)
      .describe("Price of an hour of a server, for the ledger; 0 on your own machine"),
  },
  (env) => ({
    servers: env.COMFYUI_API_URL.map((url) =>
      serverOf(url, { key: env.COMFYUI_API_KEY, header: env.COMFYUI_AUTH_HEADER }),
    ),
    /** Whether someone chose them, so that their silence is worth a word. */
    isSet: env.COMFYUI_API_URL.join() !== USUAL_URL,
    timeoutMs: env.COMFYUI_TIMEOUT_SECONDS * 1000,
    maxJobs: env.COMFYUI_MAX_JOBS,
    pollMs: env.COMFYUI_POLL_SECONDS * 1000,
    /** Null where none are wanted. */
    previewMs: env.COMFYUI_PREVIEWS === 0 ? null : env.COMFYUI_PREVIEWS * 1000,
    trainingTimeoutSeconds: env.COMFYUI_TRAINING_TIMEOUT_SECONDS,
    generationTimeoutSeconds: env.COMFYUI_GENERATION_TIMEOUT_SECONDS,
    gpu: env.COMFYUI_GPU,
    usdPerHour: env.COMFYUI_USD_PER_HOUR,
  }),
);
export type ComfyUiOptions = Omit<ReturnType<typeof comfyUiConfig.options>, keyof GpuMachine> & GpuMachine;

/** Credentials leave the address and become headers, so that no message can show them. */
function serverOf(address: string, { key, header }: { key: string | undefined; header: string }): ServerOptions {
  const url = new URL(address);
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const isBearer = header.toLowerCase() === "authorization";
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    url: url.href,
    headers: {
      ...(username === "" ? {} : { Authorization: `Basic ${Buffer.from(pair).toString("base64")}` }),
      ...(key === undefined ? {} : { [header]: isBearer ? `Bearer ${key}` : key }),
    },
  };
}
