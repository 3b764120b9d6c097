import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentOptions, type AgentTrainingParts, createAgentTraining } from "@loramill/backends";
import {
  type AgentGrants,
  type KnownModel,
  neutralRecipe,
  type Recipe,
  type TrainerName,
  type TrainingRequest,
} from "@loramill/contracts";
import { openStores } from "@loramill/storage";
import {
  type CrashPoint,
  installScriptedTrainer,
  type RemoteSide,
  type S3Server,
  startS3Server,
  type TrainerBehaviour,
} from "@loramill/testkit";
import { type Agent, openAgent } from "../src/agent.ts";
import { type AgentServer, serveAgent } from "../src/server.ts";
import type { AgentSettings } from "../src/settings.ts";

export const TOKEN = "a token of the tests";

export const recipe: Recipe = {
  ...neutralRecipe,
  family: "sdxl",
  baseModel: "stabilityai/stable-diffusion-xl-base-1.0",
  rank: 4,
  alpha: 4,
  learningRate: 1e-4,
  optimiser: "adamw8bit",
  scheduler: "constant",
  steps: 60,
  batchSize: 2,
  resolution: 512,
  saveEverySteps: 20,
  mixedPrecision: "bf16",
  textEncoderLearningRate: 0,
  seed: 1,
};

/** Both experts of Wan 2.2, in turns of ten steps. */
export const pairRecipe: Recipe = {
  ...recipe,
  family: "wan22",
  baseModel: "Wan-AI/Wan2.2-T2V-A14B-Diffusers",
  experts: { high: {}, low: {}, boundary: 0.875 },
  steps: 30,
};

/** What SimpleTuner can honour as well. */
const recipeOf = (trainer: TrainerName): Recipe =>
  trainer === "simpletuner" ? { ...recipe, optimiser: "adamw" } : recipe;

export interface TrialOptions {
  readonly trainer?: TrainerName;
  /** Instead of one that the trainer can honour. */
  readonly recipe?: Recipe;
  readonly behaviour?: TrainerBehaviour;
  readonly agents?: number;
  readonly settings?: Partial<AgentSettings>;
  readonly leaseSeconds?: number;
  /** Base models that are written down: id and family, with the paths of their files. */
  readonly models?: readonly { readonly id: string; readonly family: Recipe["family"]; readonly paths: string[] }[];
}

export interface AgentMachine {
  readonly settings: AgentSettings;
  readonly url: string;
  readonly agent: Agent;
  /** Ends the agent as a pod is ended, with notice. */
  stop(): Promise<void>;
}

/** A GPU machine of the tests: an agent over HTTP, whose trainer is the scripted one. */
export async function startMachine(
  settings: AgentSettings,
  { port = 0, begun = new Set<string>(), token = TOKEN } = {},
): Promise<AgentMachine> {
  const opened = await openAgent(settings);
  const agent: Agent = {
    ...opened,
    start: async (request) => {
      const job = await opened.start(request);
      begun.add(job.id);
      return job;
    },
  };
  const server: AgentServer = await serveAgent(agent, { token, host: "127.0.0.1", port });
  return {
    settings,
    agent,
    url: `http://127.0.0.1:${server.port}`,
    async stop() {
      await agent.close();
      await server.close();
    },
  };
}

/** An S3 server, machines with a scripted trainer, and a backend that drives them. */
export async function openTrial(options: TrialOptions = {}) {
  const { trainer = "sd-scripts", agents = 1, leaseSeconds = 300 } = options;
  const folder = await mkdtemp(join(tmpdir(), "pod-agent-"));
  const s3: S3Server = await startS3Server();
  const { endpoint, credentials, bucket } = s3;
  const openStore = () =>
    openStores({ url: `s3://${bucket}/trial`, s3: { endpoint, credentials, forcePathStyle: true } });
  const stores = await openStore();
  const behaviour: TrainerBehaviour = { stepMs: 20, ...options.behaviour };
  const scripted = await installScriptedTrainer(join(folder, "trainer"), behaviour);
  const machines: AgentMachine[] = [];
  const begun = new Set<string>();
  const settingsOf = (n: number): AgentSettings => ({
    workspace: join(folder, `workspace-${n}`),
    trainers: { [trainer]: scripted.installed },
    maxJobs: 1,
    cacheFolder: join(folder, `workspace-${n}`, "cache"),
    cacheBytes: 1e9,
    partBytes: 1_000,
    tickMs: 20,
    quietMs: 30,
    stallMs: 60_000,
    killMs: 1_000,
    onLeaseLost: null,
    environment: { PATH: process.env.PATH ?? "" },
    ...options.settings,
  });
  for (let n = 0; n < agents; n += 1) machines.push(await startMachine(settingsOf(n), { begun }));
  const agentOptions: AgentOptions = {
    urls: machines.map(({ url }) => url),
    token: TOKEN,
    trainers: [trainer],
    maxJobs: null,
    pollMs: 40,
    leaseSeconds,
    timeoutSeconds: 600,
    usdPerHour: 3.6,
  };
  const images = await Promise.all(
    [1, 2, 3].map(async (n) => ({
      image: await stores.blobs.put(new Uint8Array(3_000).fill(n), { mediaType: "image/png" }),
      width: 512,
      height: 512,
      caption: `sks, picture ${n}`,
    })),
  );
  const request: TrainingRequest = {
    marker: `marker-${randomUUID()}`,
    name: "red things",
    triggerWord: "sks",
    backendVersion: `agent/2:${trainer}`,
    recipe: options.recipe ?? recipeOf(trainer),
    images,
    metadata: { "modelspec.title": "red things" },
  };
  const clock = { now: () => new Date() };
  let losesAnswer = false;
  const lossyFetch = (async (...args: Parameters<typeof fetch>) => {
    const response = await fetch(...args);
    if (!losesAnswer || !String(args[0]).endsWith("/v1/jobs")) return response;
    losesAnswer = false;
    throw new TypeError("fetch failed");
  }) as unknown as NonNullable<AgentTrainingParts["fetch"]>;
  const models: KnownModel[] = await Promise.all(
    (options.models ?? []).map(async ({ id, family, paths }) => ({
      id,
      family,
      files: await Promise.all(
        paths.map(async (path) => ({ path, stored: await stores.blobs.put(Buffer.from(path), { mediaType: "x/y" }) })),
      ),
    })),
  );
  const makeBackend = (over: Partial<AgentOptions> = {}, crash?: CrashPoint) =>
    createAgentTraining(
      { ...agentOptions, ...over },
      {
        stores: crash?.stores(stores) ?? stores,
        clock,
        models: async () => models,
        fetch: crash?.fetch(lossyFetch) ?? lossyFetch,
      },
    );
  /** Each start of the trainer waits after so many saves of its own and right before the next, where most would be lost. */
  const holdAfterSaves = (saves: number) =>
    scripted.behave({ ...behaviour, waitsAfterSteps: (saves + 1) * request.recipe.saveEverySteps - 1 });
  const remote: RemoteSide = {
    started: async () => begun.size,
    active: async () => {
      const healths = await Promise.all(machines.map(({ agent }) => agent.health()));
      return healths.reduce((sum, { activeJobs }) => sum + activeJobs, 0);
    },
    loseNextAnswer: () => {
      losesAnswer = true;
    },
    holding: { hold: () => holdAfterSaves(1), release: () => scripted.behave(behaviour) },
    async vanish() {
      for (const [n, machine] of machines.entries()) {
        await machine.stop();
        await rm(machine.settings.workspace, { recursive: true, force: true });
        machines[n] = await startMachine(machine.settings, { port: Number(new URL(machine.url).port), begun });
      }
      await scripted.behave(behaviour);
    },
    openWithWrongKey: async () => makeBackend({ token: "another token than that" }),
  };
  return {
    folder,
    models,
    s3,
    stores,
    scripted,
    holdAfterSaves,
    machines,
    settingsOf,
    request,
    backend: makeBackend(),
    makeBackend,
    remote,
    async close() {
      await Promise.all(machines.map((machine) => machine.stop()));
      await stores.close();
      await s3.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const noGrants: AgentGrants = { expiresSeconds: 60, reads: {}, writes: [] };
