import { knownModels } from "@loramill/catalog";
import { createRunPodProvider, type RunPodOptions } from "@loramill/compute";
import type {
  Clock,
  GenerationBackend,
  ImageTextEmbedder,
  Logger,
  NetworkVolumes,
  PromptAnalyst,
  RecipeTemplate,
  TrainingBackend,
} from "@loramill/contracts";
import { cheapestOf, isLoopback } from "@loramill/contracts";
import type { FleetSettings } from "@loramill/fleet";
import type { Services } from "@loramill/runtime";
import { createModelFetcher, createUrlFetcher, fingerprintSources, type SourceLimits } from "@loramill/storage";
import { createBulkMetrics, createMemberMetrics, createScheduleMetrics, type Metrics } from "@loramill/telemetry";
import { createSecretBox, type WebhookOptions } from "@loramill/webhooks";
import { startMemberPlanner } from "./batches/plan-members.ts";
import { rememberLooks } from "./batches/remember-looks.ts";
import { ceilingView } from "./ceiling-view.ts";
import { gatherFacts } from "./choosing/choosing-facts.ts";
import { createEmbeddings } from "./choosing/embed-loras.ts";
import { createPromptReader } from "./choosing/read-prompts.ts";
import { createLearner } from "./choosing/remember-ratings.ts";
import type { ApiOptions } from "./config.ts";
import { findDataset } from "./datasets/find-dataset.ts";
import type { ApiDeps, DoctorPart } from "./deps.ts";
import { offerParts, serviceParts } from "./doctor/parts.ts";
import { createModelPuller } from "./model-puller.ts";
import { createPlanner } from "./planning/planner.ts";
import type { OfferedCaptioner, PlanningDeps } from "./planning/planning-deps.ts";
import { readRentalMarket } from "./planning/rental-market.ts";
import { openFireStarter } from "./schedules/fire-starter.ts";
import { type RunningApi, startApi } from "./server.ts";
import type { Studio } from "./studio/open-studio.ts";

/** What this installation can do: the planner chooses from it, the doctor looks at it. */
export interface Offers {
  readonly presets: Readonly<Record<string, RecipeTemplate>>;
  /** In the order in which `auto` tries them. */
  readonly captioners: readonly OfferedCaptioner[];
  readonly fuser: PlanningDeps["fuser"];
  readonly embedder: ImageTextEmbedder | null;
  readonly tokenCounters: PlanningDeps["tokenCounters"];
  readonly faceFinder: PlanningDeps["faceFinder"];
  /** The language model that reads prompts; null: rules do. */
  readonly analyst: PromptAnalyst | null;
  readonly trainingBackends: readonly TrainingBackend[];
  readonly generationBackends: readonly GenerationBackend[];
  /** Names of the backends that nobody configured, and that are looked for at their usual place. */
  readonly unset: readonly string[];
  readonly replicateWebhooks: ApiDeps["replicateWebhooks"];
}

export interface ApiStart {
  readonly services: Services;
  readonly offers: Offers;
  readonly options: ApiOptions;
  /** As whoever plans the fleet has them. */
  readonly fleetSettings: FleetSettings;
  /** As whoever rents machines has it; without a key nothing is asked of it. */
  readonly runpod: RunPodOptions & { readonly apiKey: string | null };
  /** As whoever sends messages to them has them. */
  readonly webhooks: Pick<WebhookOptions, "limits" | "secretKeys">;
  readonly sourceLimits: SourceLimits;
  /** For gated base models; null: only open ones can be pulled. */
  readonly huggingfaceToken: string | null;
  readonly metrics: Metrics;
  readonly problems: ApiDeps["problems"];
  /** Parts of the process beside the services and offers, such as the dispatcher of a mill. */
  readonly doctor: readonly DoctorPart[];
  readonly studio: Studio | null;
  readonly localToken?: string;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Puts the API together from what a process has opened, and listens. */
export async function openApi(start: ApiStart): Promise<RunningApi> {
  const { services, offers, options, metrics, log } = start;
  const { catalog, stores } = services;
  const localSources = options.localSources === "on" || (options.localSources === "auto" && isLoopback(options.host));
  const promptReader = createPromptReader(offers.analyst, stores);
  const fetcher = createUrlFetcher({ limits: start.sourceLimits.http, blobs: stores.blobs });
  const embeddings = createEmbeddings(offers.embedder, stores);
  const learner = createLearner({ catalog, clock: start.clock, settings: options.learning });
  // A folder store signs URLs that lead anywhere under PUBLIC_URL alone.
  const signedExample = await stores.objects.presign("reachable", { method: "GET", expiresSeconds: 60 });
  const planning: PlanningDeps = {
    stores,
    presets: offers.presets,
    captioners: offers.captioners,
    fuser: offers.fuser,
    embedder: offers.embedder,
    tokenCounters: offers.tokenCounters,
    faceFinder: offers.faceFinder,
    trainingBackends: offers.trainingBackends,
    generationBackends: offers.generationBackends,
    models: () => knownModels(catalog, stores.objects),
    fingerprint: (sources, signal) =>
      fingerprintSources(sources, {
        limits: start.sourceLimits,
        stores: {
          documents: stores.documents,
          blobs: stores.blobs,
          memos: stores.memos,
          openBucket: stores.openBucket,
        },
        signal,
      }),
    inputs: { fetcher, maxBytes: start.sourceLimits.maxFileBytes },
    findDataset: async (dataset, projectName) => {
      const project = await catalog.projects.idOf(projectName);
      return (await findDataset(catalog, { dataset, project })).digest;
    },
    findLora: async (name, projectName) => {
      const project = await catalog.projects.idOf(projectName);
      const lora = await catalog.loras.find({ project, lora: name });
      return lora ? { name: lora.name, document: lora.document, family: lora.family } : null;
    },
    savedRecipes: async (projectName) => {
      const project = await catalog.projects.idOf(projectName);
      const saved = await catalog.recipes.list(project);
      return Object.fromEntries(saved.map(({ name, recipe }) => [name, recipe]));
    },
    pastTrainings: () => catalog.trainings.past(),
    rentalMarket: (projectName) =>
      readRentalMarket(projectName, {
        ...{ catalog, clock: start.clock, settings: start.fleetSettings },
        listUsdPerHour: cheapestOf(start.runpod.seedUsdPerHour, start.runpod.clouds),
      }),
    ceilings: async (projectName) => {
      const project = await catalog.projects.idOf(projectName);
      return (await catalog.ceilings.list(project)).map(ceilingView);
    },
    loraNames: async (projectName) => {
      const project = await catalog.projects.idOf(projectName);
      return catalog.loras.names({ project });
    },
    choosingFacts: async (projectName, signal) => {
      const project = await catalog.projects.idOf(projectName);
      return gatherFacts(project, { catalog, stores, learner, embeddings }, signal);
    },
    promptReader,
    embeddings,
    findArtifact: async (key, projectName) => {
      const project = await catalog.projects.idOf(projectName);
      const artifact = await catalog.artifacts.find(key, project);
      return artifact && { output: artifact.output, items: artifact.items, imported: artifact.imported };
    },
    localSources,
    storeReachable: signedExample !== null,
  };
  const planner = createPlanner(planning);
  const batchPlanner = createPlanner(rememberLooks(planning, start.clock));
  const { totalMs: _ofSmallFiles, ...limits } = start.sourceLimits.http;
  const puller = createModelPuller({
    catalog,
    blobs: stores.blobs,
    fetcher: createModelFetcher({ limits, blobs: stores.blobs, folder: options.modelFolder }),
    hubUrl: options.modelHubUrl,
    token: start.huggingfaceToken,
    log,
  });
  const captioners = offers.captioners.map(({ captioner }) => captioner);
  const bulkMetrics = createBulkMetrics(metrics);
  const deps: ApiDeps = {
    catalog,
    stores,
    signedObjects: stores.signer,
    planner,
    batchPlanner,
    promptReader,
    learner,
    embeddings,
    generationBackends: offers.generationBackends,
    clock: start.clock,
    puller,
    localSources,
    webhookRules: start.webhooks.limits,
    webhookSecrets: createSecretBox(start.webhooks.secretKeys),
    replicateWebhooks: offers.replicateWebhooks,
    volumes: openVolumes(start.runpod, start.clock),
    doctor: [...serviceParts(services), ...offerParts({ ...offers, captioners }), ...start.doctor],
    studio: start.studio,
    storeOrigins: signedExample === null ? [] : [new URL(signedExample).origin],
    onBulkChange({ action, outcome }) {
      if (outcome !== null)
        bulkMetrics.observe({ action: action.kind, changed: outcome.changed, skipped: outcome.skipped.length });
    },
    metrics: async () => ({ contentType: metrics.registry.contentType, text: await metrics.render() }),
    problems: start.problems,
    log,
  };
  const api = await startApi(
    deps,
    start.localToken === undefined ? options : { ...options, localToken: start.localToken },
  );
  const onFire = createScheduleMetrics(metrics).observe;
  const fireStarter = await openFireStarter({ catalog, planner, clock: start.clock, log, onFire });
  const onMember = createMemberMetrics(metrics).observe;
  const members = startMemberPlanner({ catalog, planner: batchPlanner, clock: start.clock, log, onMember });
  return {
    ...api,
    async close() {
      await Promise.all([api.close(), fireStarter.close(), members.close()]);
      await Promise.all([puller.close(), fetcher.close()]);
    },
  };
}

const openVolumes = ({ apiKey, ...options }: ApiStart["runpod"], clock: Clock): NetworkVolumes | null =>
  apiKey === null ? null : createRunPodProvider(options, { apiKey, clock }).volumes;
