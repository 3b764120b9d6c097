import { relative } from "node:path/posix";
import { runpodConfig, staticConfig, volumeConfig } from "@loramill/compute";
import { defineConfig, fleetImages, fleetVariables, secret, UserError } from "@loramill/contracts";
import { bootPatienceConfig } from "@loramill/fleet";
import { endpointsConfig } from "@loramill/runtime";
import { z } from "zod";

/** The one key of those for other services that the provisioner has a use for. */
const { RUNPOD_API_KEY } = endpointsConfig.env.shape;

const GIB = 1024 ** 3;
const DAY_MS = 24 * 3_600_000;
const seconds = (least: number, most: number) => z.coerce.number().min(least).max(most);

/** A JSON text in an environment variable. */
const json = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: "custom", message: "must be JSON" });
        return z.NEVER;
      }
    })
    .pipe(schema);

const Volumes = z
  .array(z.strictObject({ id: z.string().min(1), region: z.string().min(1), path: z.string().startsWith("/") }))
  .max(64);

/** How machines are rented, watched and given back. */
export const provisionerConfig = defineConfig(
  {
    ...fleetVariables,
    RUNPOD_API_KEY,
    FLEET_COMMAND: z.string().min(1).optional().describe("Replaces the command of these images"),
    FLEET_DISK_GIB: z.coerce
      .number()
      .int()
      .min(1)
      .max(4096)
      .default(60)
      .describe("Disk of a rented machine, in GiB; RunPod is asked for whole GB, rounded up"),
    FLEET_VOLUMES: json(Volumes)
      .default([])
      .describe('Network volumes to attach in their regions, as a JSON array of {"id","region","path"}'),
    FLEET_SYNC_SECONDS: seconds(1, 86_400)
      .optional()
      .describe(
        "How often these volumes are brought the base models and datasets that trainings want; left out, never",
      ),
    FLEET_SYNC_WANTED_DAYS: z.coerce
      .number()
      .min(0.1)
      .max(365)
      .default(7)
      .describe(
        "A base model that no training has wanted for so long is brought to no volume any more, and makes room first",
      ),
    FLEET_AGENT_ENV: secret(
      json(z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()))
        .default({})
        .describe(
          "More environment for the pod-agents on rented machines, as a JSON object of texts; a secret, for it may hold tokens",
        ),
    ),
    FLEET_LEASE_SECONDS: seconds(10, 86_400)
      .default(600)
      .describe(
        "A rented machine that nobody has spoken to for so long gives itself back; where it cannot, the next survey does",
      ),
    FLEET_POLL_SECONDS: seconds(0.1, 600).default(10).describe("How often each rented machine is looked at"),
    ...bootPatienceConfig.env.shape,
    FLEET_SILENT_SECONDS: seconds(1, 86_400)
      .default(300)
      .describe("A rented machine whose pod-agent has not answered for so long is given back"),
    FLEET_SETTLE_SECONDS: seconds(0.1, 3_600)
      .default(120)
      .describe("After so long a machine that was asked for is listed by its provider, or was never rented"),
    FLEET_AVOID_SECONDS: seconds(0, 86_400)
      .default(600)
      .describe(
        "An offer that took a machine from a training is asked last for its next one, for so long; 0: it is asked like any other",
      ),
    FLEET_SURVEY_SECONDS: seconds(0.5, 3_600)
      .default(60)
      .describe("How often offers are read, and machines looked for that nobody answers for"),
    FLEET_BOOKS_SECONDS: seconds(1, 86_400).default(900).describe("How often the providers' own books are read"),
    FLEET_BILL_WAIT_SECONDS: seconds(1, 604_800)
      .default(86_400)
      .describe("After so long the bill of a machine that has ended is taken as it was seen last"),
    FLEET_BILLING_GAP_SHARE: z.coerce
      .number()
      .min(0)
      .max(10)
      .default(0.05)
      .describe(
        "Where a provider has billed more or less by this share than was charged to runs, the log says so as an error",
      ),
    FLEET_CLOSE_SECONDS: seconds(0.1, 2_592_000)
      .default(604_800)
      .describe("How long the last bill of a machine waits at most for the ends of trainings that used it"),
  },
  (env) => ({
    ...volumesOf(env.FLEET_VOLUMES, env.FLEET_AGENT_ENV),
    syncMs: env.FLEET_SYNC_SECONDS === undefined ? null : env.FLEET_SYNC_SECONDS * 1_000,
    syncWantedMs: env.FLEET_SYNC_WANTED_DAYS * DAY_MS,
    providers: env.FLEET_PROVIDERS,
    agentSecret: env.FLEET_AGENT_SECRET ?? null,
    runpodKey: env.RUNPOD_API_KEY ?? null,
    namePrefix: env.FLEET_NAME_PREFIX,
    images: fleetImages(env),
    command: env.FLEET_COMMAND ?? null,
    diskBytes: env.FLEET_DISK_GIB * GIB,
    leaseMs: env.FLEET_LEASE_SECONDS * 1_000,
    pollMs: env.FLEET_POLL_SECONDS * 1_000,
    boot: bootPatienceConfig.options(env),
    silentMs: env.FLEET_SILENT_SECONDS * 1_000,
    settleMs: env.FLEET_SETTLE_SECONDS * 1_000,
    avoidSeconds: env.FLEET_AVOID_SECONDS,
    surveyMs: env.FLEET_SURVEY_SECONDS * 1_000,
    booksMs: env.FLEET_BOOKS_SECONDS * 1_000,
    billWaitMs: env.FLEET_BILL_WAIT_SECONDS * 1_000,
    billingGapShare: env.FLEET_BILLING_GAP_SHARE,
    closeMs: env.FLEET_CLOSE_SECONDS * 1_000,
  }),
);
/** @throws UserError `bad-config` where the agents of several machines would take one workspace for their own. */
function volumesOf(volumes: z.output<typeof Volumes>, agentEnv: Readonly<Record<string, string>>) {
  const { AGENT_WORKSPACE: workspace } = agentEnv;
  const shared = workspace && volumes.find(({ path }) => !relative(path, workspace).startsWith(".."));
  if (!shared) return { volumes, agentEnv };
  throw new UserError(
    `FLEET_AGENT_ENV puts AGENT_WORKSPACE on the volume ${shared.id}, which machines share: leave it out, or name a folder outside of ${shared.path}`,
    { code: "bad-config" },
  );
}

export type ProvisionerOptions = ReturnType<typeof provisionerConfig.options>;

/** What the provisioner reads besides what every worker reads. */
export const provisionerWorkerConfig = {
  provisioner: provisionerConfig,
  runpod: runpodConfig,
  static: staticConfig,
  volumes: volumeConfig,
} as const;
