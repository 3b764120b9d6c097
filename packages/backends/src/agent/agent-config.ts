import { agentVariables, EndpointUrl, fleetImages, fleetVariables, TrainerName, UserError } from "@loramill/contracts";
import { z } from "zod";
import { type GpuMachine, GpuName } from "../estimate-on-gpu.ts";

const seconds = z.coerce.number().int().min(1);

/** `https://a, https://b` as URLs without a slash at the end. */
const Urls = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter(Boolean))
  .pipe(z.array(EndpointUrl.transform((url) => url.replace(/\/+$/, ""))).min(1));

/** `gpu-agents.mill.svc:8690` as a host and its port. */
const NameAndPort = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?:\d{2,5}$/, "must be a name and a port such as gpu-agents:8690")
  .transform((text) => ({ host: text.split(":")[0] ?? "", port: Number(text.split(":")[1]) }));

/** GPU machines on which a pod-agent runs, as far as there are any. */
export const agentShape = {
  AGENT_URLS: Urls.optional().describe("Pod-agents that train, separated by commas; left out, none"),
  AGENT_DNS_NAME: NameAndPort.optional().describe(
    "Name and port behind which pod-agents come and go, such as a headless service of Kubernetes: each of its addresses is one, asked by plain HTTP; trainings wait while there is none",
  ),
  ...agentVariables,
  AGENT_TRAINERS: z
    .string()
    .default("ai-toolkit,sd-scripts,simpletuner")
    .transform((text) => text.split(/[\s,]+/).filter(Boolean))
    .pipe(z.array(TrainerName).min(1))
    .describe("Trainers that may be chosen; which one it is follows from the recipe"),
  AGENT_MAX_JOBS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe("Trainings on agents at once; left out, as many as the agents have slots"),
  AGENT_POLL_SECONDS: seconds.max(60).default(10).describe("Between two looks at a training on an agent"),
  AGENT_LEASE_SECONDS: seconds
    .min(30)
    .max(3600)
    .default(300)
    .describe("An agent that hears nothing for so long ends its training, and is taken for lost after it"),
  AGENT_TIMEOUT_SECONDS: seconds
    .max(2_592_000)
    .default(86_400)
    .describe("Seconds after which a training on an agent is cancelled there and fails"),
  AGENT_GPU: GpuName.describe("GPU type of these machines, for quotes"),
  AGENT_USD_PER_HOUR: z.coerce
    .number()
    .min(0)
    .max(1000)
    .default(0)
    .describe("Price of an hour on such a machine, for quotes and the ledger; 0 on your own"),
  ...fleetVariables,
} as const;

type AgentEnvironment = z.output<z.ZodObject<typeof agentShape>>;

/** The machines that are rented when there is work. */
export interface AgentFleet {
  readonly providers: readonly string[];
  /** What the tokens of their agents are derived from. */
  readonly secret: string;
}

/** Null where no agent is configured. UserError `bad-config` for a fleet whose agents nobody could speak to. */
export function agentOptions(env: AgentEnvironment) {
  const fleet = fleetOf(env);
  if (env.AGENT_URLS === undefined && env.AGENT_DNS_NAME === undefined && fleet === null) return null;
  return {
    urls: env.AGENT_URLS ?? [],
    ...(env.AGENT_DNS_NAME === undefined ? {} : { dnsName: env.AGENT_DNS_NAME }),
    fleet,
    token: env.AGENT_TOKEN ?? "",
    trainers: trainersOf(env),
    maxJobs: env.AGENT_MAX_JOBS ?? null,
    pollMs: env.AGENT_POLL_SECONDS * 1_000,
    leaseSeconds: env.AGENT_LEASE_SECONDS,
    timeoutSeconds: env.AGENT_TIMEOUT_SECONDS,
    gpu: env.AGENT_GPU,
    usdPerHour: env.AGENT_USD_PER_HOUR,
  };
}

type Options = NonNullable<ReturnType<typeof agentOptions>>;
export type AgentOptions = Omit<Options, keyof GpuMachine | "fleet"> &
  GpuMachine & {
    /** Left out, or null: no machine is rented. */
    readonly fleet?: AgentFleet | null;
  };

/**
 * Those that may be chosen, less those that no machine will have, where all machines are rented with images that are known. So a recipe
 * that only these can do is refused when it is planned.
 */
function trainersOf(env: AgentEnvironment): TrainerName[] {
  const { AGENT_TRAINERS: allowed, FLEET_PROVIDERS: providers } = env;
  const hasOthers = env.AGENT_URLS !== undefined || env.AGENT_DNS_NAME !== undefined;
  const images = fleetImages(env);
  if (hasOthers || providers.some((name) => name !== "runpod") || images.length === 0) return allowed;
  const served = new Set(images.flatMap(({ trainers }) => trainers));
  const left = allowed.filter((trainer) => served.has(trainer));
  if (left.length > 0) return left;
  throw wrong(`FLEET_IMAGES: it has no image for any of AGENT_TRAINERS (${allowed.join(", ")})`);
}

function fleetOf(env: AgentEnvironment): AgentFleet | null {
  const { FLEET_PROVIDERS: providers, FLEET_AGENT_SECRET: secret } = env;
  if (providers.length === 0) return null;
  if (secret === undefined) throw wrong("FLEET_AGENT_SECRET: set it where FLEET_PROVIDERS is set");
  if (providers.includes("static") && env.AGENT_TOKEN === undefined) {
    throw wrong("AGENT_TOKEN: set it where FLEET_PROVIDERS names static");
  }
  return { providers, secret };
}

const wrong = (problem: string) => new UserError(`the configuration is wrong:\n  ${problem}`, { code: "bad-config" });
