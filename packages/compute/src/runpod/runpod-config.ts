import { defineConfig, EndpointUrl, listPriceVariables, readListPrices } from "@loramill/contracts";
import { z } from "zod";

/**
 * How the vendor says that it has no machine: there is no code for it, only words, which came with 400, with 500 and inside of
 * GraphQL answers. Compared without case. One that is missing here makes an offer look wrong instead of sold out: the next is asked,
 * and a wish that hears it from all its offers is given up; when two such wishes do, the fleet stops.
 */
const CAPACITY_WORDS = [
  "no longer any instances available",
  "no instances currently available",
  "does not have the resources to deploy",
];

const words = (text: string): string[] =>
  text
    .split("|")
    .map((one) => one.trim())
    .filter(Boolean);
const seconds = z.coerce.number().min(1).max(600);
export function proxyAddress(template: string, pod: string, port: number): string {
  return template.replace("{pod}", pod).replace("{port}", String(port));
}

/** How RunPod is talked to. Its key is read where the other services' keys are. */
export const runpodConfig = defineConfig(
  {
    RUNPOD_API_URL: EndpointUrl.default("https://api.runpod.io/v2").describe("RunPod's REST API, version 2"),
    RUNPOD_GRAPHQL_URL: EndpointUrl.default("https://api.runpod.io/graphql").describe(
      "RunPod's GraphQL API, for spot machines only; the vendor means to end it in 2027",
    ),
    RUNPOD_PROXY_URL: z
      .string()
      .refine((url) => url.includes("{pod}") && url.includes("{port}"), "must hold {pod} and {port}")
      .refine((url) => EndpointUrl.safeParse(proxyAddress(url, "pod", 8690)).success, "must be https://")
      .default("https://{pod}-{port}.proxy.runpod.net")
      .describe("Address under which RunPod's proxy reaches a port of a machine"),
    RUNPOD_SPOT: z
      .stringbool()
      .default(false)
      .describe("Whether spot machines are offered too; where they cannot be had, machines on demand remain"),
    ...listPriceVariables,
    RUNPOD_CAPACITY_WORDS: z
      .string()
      .default(CAPACITY_WORDS.join(" | "))
      .describe("Texts in RunPod's refusals that mean no machine is free, separated by |; case does not matter"),
    RUNPOD_AGENT_PORT: z.coerce
      .number()
      .int()
      .min(1)
      .max(65_535)
      .default(8690)
      .describe("Port of the pod-agent on a machine, reached through RunPod's proxy"),
    RUNPOD_REGISTRY_ID: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Id of the registry credentials at RunPod that FLEET_IMAGES and FLEET_IMAGE are pulled with; left out, none",
      ),
    RUNPOD_TIMEOUT_SECONDS: seconds.default(60).describe("Seconds until RunPod must have answered a request"),
    RUNPOD_SERVERLESS_ENDPOINT: z
      .string()
      .regex(/^[\w-]{1,64}$/)
      .optional()
      .describe("Id of the serverless endpoint with worker-comfyui that pictures are drawn on; left out, none"),
    RUNPOD_BILLING_LAG_HOURS: z.coerce
      .number()
      .min(0)
      .max(168)
      .default(3)
      .describe("Hours after which what RunPod's books say of an hour no longer changes"),
  },
  (env) => ({
    url: env.RUNPOD_API_URL.replace(/\/+$/, ""),
    graphqlUrl: env.RUNPOD_GRAPHQL_URL,
    proxyUrl: env.RUNPOD_PROXY_URL,
    offersSpot: env.RUNPOD_SPOT,
    clouds: [...new Set(env.RUNPOD_CLOUDS)],
    capacityWords: words(env.RUNPOD_CAPACITY_WORDS),
    seedUsdPerHour: readListPrices(env.RUNPOD_SEED_PRICES),
    agentPort: env.RUNPOD_AGENT_PORT,
    registryId: env.RUNPOD_REGISTRY_ID ?? null,
    timeoutMs: env.RUNPOD_TIMEOUT_SECONDS * 1_000,
    serverlessEndpoint: env.RUNPOD_SERVERLESS_ENDPOINT ?? null,
    billingLagHours: env.RUNPOD_BILLING_LAG_HOURS,
  }),
);
export type RunPodOptions = ReturnType<typeof runpodConfig.options>;
