import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import type { RentedMachineLease } from "./hold-machine.ts";
import type { Retirement } from "./retire.ts";
import type { AgentSettings, Environment, GiveBackCommand, InstalledTrainer } from "./settings.ts";

const GiB = 1024 ** 3;
const RUNPOD_API_URL = "https://api.runpod.io/v2";
const folder = z.string().min(1).optional();
const seconds = z.coerce.number().min(1).max(86_400);

const Command = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: "custom", message: 'must be a JSON array such as ["sh", "-c", "…"]' });
      return z.NEVER;
    }
  })
  .pipe(z.tuple([z.string().min(1)], z.string()));

/** What the agent reads from the environment, each with what it means. */
export const agentEnvironment = z.object({
  AGENT_TOKEN: z.string().min(16, "must have at least 16 characters").describe("Bearer token that callers must send"),
  AGENT_HOST: z.string().min(1).default("127.0.0.1").describe("Address to listen on; 0.0.0.0 behind a pod's proxy"),
  AGENT_PORT: z.coerce.number().int().min(0).max(65_535).default(8690).describe("Port to listen on"),
  AGENT_WORKSPACE: z.string().min(1).default("./agent").describe("Folder for jobs, of this agent alone"),
  AGENT_SLOTS: z.coerce.number().int().min(1).max(16).default(1).describe("Trainings at once on this machine"),
  AGENT_TRAININGS: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe("Ends after so many trainings, when their end has been asked for; left out, it goes on"),
  AGENT_IDLE_SECONDS: seconds.optional().describe("Ends when it has had no training for so long; left out, it waits"),
  AGENT_CACHE_DIR: folder.describe(
    "Folder of base models and pictures by digest; several agents may share one on a volume; left out: cache in AGENT_WORKSPACE",
  ),
  AGENT_CACHE_MAX_GIB: z.coerce
    .number()
    .min(0)
    .default(100)
    .describe("Most GiB kept there between jobs; what was used longest ago goes first, and nothing that is in use"),
  AGENT_STALL_SECONDS: seconds.default(1800).describe("A trainer that prints nothing for so long is taken as hung"),
  AGENT_ON_LEASE_LOST: Command.optional().describe(
    "JSON array of program and arguments that deletes this pod when nobody has asked after its work for a lease",
  ),
  AGENT_MACHINE_LEASE_SECONDS: seconds
    .optional()
    .describe(
      "A rented machine gives itself back when nobody with the token has spoken to it for so long; left out, never",
    ),
  AGENT_GRACE_SECONDS: seconds
    .default(5)
    .describe("From SIGTERM to the machine's end: within it the trainer is ended and what it saved is uploaded"),
  RUNPOD_POD_ID: z.string().min(1).optional().describe("On a pod of RunPod: its id, which RunPod sets"),
  RUNPOD_API_KEY: z.string().min(1).optional().describe("On a pod of RunPod: its own key, which RunPod sets"),
  RUNPOD_API_URL: z
    .url({ protocol: /^https?$/ })
    .default(RUNPOD_API_URL)
    .describe("RunPod's REST API, by which a pod deletes itself"),
  AI_TOOLKIT_DIR: folder.describe("Checkout of ostris/ai-toolkit"),
  AI_TOOLKIT_PYTHON: folder.describe("Its Python; left out: python3"),
  SD_SCRIPTS_DIR: folder.describe("Checkout of kohya-ss/sd-scripts"),
  SD_SCRIPTS_PYTHON: folder.describe("Its Python; left out: python3"),
  SIMPLETUNER_DIR: folder.describe("Checkout of SimpleTuner"),
  SIMPLETUNER_PYTHON: folder.describe("Its Python; left out: python3"),
});

type AgentEnvironment = z.output<typeof agentEnvironment>;

export interface AgentConfig {
  readonly token: string;
  readonly host: string;
  readonly port: number;
  readonly retirement: Retirement;
  readonly settings: AgentSettings;
  /** Of a rented machine; null on one of your own. */
  readonly machineLease: RentedMachineLease | null;
}

/** Throws with every problem at once. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): AgentConfig {
  const parsed = agentEnvironment.safeParse(environment);
  if (!parsed.success) throw new Error(`the configuration cannot be used:\n${z.prettifyError(parsed.error)}`);
  const env = parsed.data;
  const isRented = env.AGENT_MACHINE_LEASE_SECONDS !== undefined;
  const command: GiveBackCommand | null =
    env.AGENT_ON_LEASE_LOST === undefined
      ? null
      : { command: env.AGENT_ON_LEASE_LOST, environment: given(environment) };
  return {
    token: env.AGENT_TOKEN,
    host: env.AGENT_HOST,
    port: env.AGENT_PORT,
    retirement: {
      trainings: env.AGENT_TRAININGS ?? null,
      idleMs: env.AGENT_IDLE_SECONDS === undefined ? null : env.AGENT_IDLE_SECONDS * 1_000,
    },
    settings: {
      workspace: resolve(env.AGENT_WORKSPACE),
      trainers: {
        ...installed("ai-toolkit", env.AI_TOOLKIT_DIR, env.AI_TOOLKIT_PYTHON),
        ...installed("sd-scripts", env.SD_SCRIPTS_DIR, env.SD_SCRIPTS_PYTHON),
        ...installed("simpletuner", env.SIMPLETUNER_DIR, env.SIMPLETUNER_PYTHON),
      },
      maxJobs: env.AGENT_SLOTS,
      ...(env.AGENT_TRAININGS === undefined ? {} : { maxTrainings: env.AGENT_TRAININGS }),
      cacheFolder: resolve(env.AGENT_CACHE_DIR ?? join(env.AGENT_WORKSPACE, "cache")),
      cacheBytes: env.AGENT_CACHE_MAX_GIB * GiB,
      partBytes: 32 * 1024 * 1024,
      tickMs: 1_000,
      quietMs: 5_000,
      stallMs: env.AGENT_STALL_SECONDS * 1_000,
      killMs: 3_000,
      graceMs: env.AGENT_GRACE_SECONDS * 1_000,
      // The lease of a rented machine is one for all of its trainings, and for the time in which it has none.
      onLeaseLost: isRented ? null : command,
      environment: forTrainers(environment),
    },
    machineLease: readMachineLease(environment),
  };
}

/**
 * How a rented machine is given back, as far as that can be read: a mistake elsewhere in the configuration is none in this, and a
 * machine whose agent cannot start costs as much as any other. Null on a machine of your own.
 */
export function readMachineLease(environment: Readonly<Record<string, string | undefined>>): RentedMachineLease | null {
  const read = <Name extends keyof AgentEnvironment>(name: Name) =>
    agentEnvironment.shape[name].safeParse(environment[name]).data as AgentEnvironment[Name] | undefined;
  const seconds = read("AGENT_MACHINE_LEASE_SECONDS");
  if (seconds === undefined) return null;
  const [command, id, key] = [read("AGENT_ON_LEASE_LOST"), read("RUNPOD_POD_ID"), read("RUNPOD_API_KEY")];
  const url = (read("RUNPOD_API_URL") ?? RUNPOD_API_URL).replace(/\/+$/, "");
  return {
    ms: seconds * 1_000,
    giveBack: {
      command: command === undefined ? null : { command, environment: given(environment) },
      pod: id === undefined || key === undefined ? null : { url, id, key },
    },
  };
}

function installed(name: string, at: string | undefined, python = "python3"): Record<string, InstalledTrainer> {
  return at === undefined ? {} : { [name]: { folder: resolve(at), python } };
}

/** Trainers are other people's code: they get what Python and CUDA need, and neither our token nor the pod's key. */
function forTrainers(environment: Readonly<Record<string, string | undefined>>): Environment {
  const entries = Object.entries(given(environment)).filter(([name]) => !/^AGENT_|(^|_)API_KEY$/.test(name));
  // Unbuffered, so that a line is in the log when it is printed.
  return { OMP_NUM_THREADS: String(availableParallelism()), ...Object.fromEntries(entries), PYTHONUNBUFFERED: "1" };
}

function given(environment: Readonly<Record<string, string | undefined>>): Environment {
  const isSet = (entry: [string, string | undefined]): entry is [string, string] => entry[1] !== undefined;
  return Object.fromEntries(Object.entries(environment).filter(isSet));
}
