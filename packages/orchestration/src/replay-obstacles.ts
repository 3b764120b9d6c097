import { type Availability, type Digest, type JobName, jobs, type PlannedStep } from "@loramill/contracts";

interface Installed extends Availability {
  /** As plans name it: what decides results on it besides the request. */
  readonly version: string;
}

/** What this installation has now of what plans are locked to. */
export interface Installation {
  /** Backends by kind of step and name. */
  readonly backends: { readonly [Kind in "train" | "generate"]: ReadonlyMap<string, Installed> };
  /** Captioners and what works on their answers, what finds faces and what counts tokens, by id. */
  readonly tools: ReadonlyMap<string, Availability>;
  /** Digest over what the sources of the plan hold now; null where it has none. */
  readonly sources: Digest | null;
}

/** Why steps of a locked plan cannot be done exactly again here: sentences, none where they can. */
export function replayObstacles(steps: readonly PlannedStep[], installation: Installation): string[] {
  return steps.flatMap((step) => [
    ...ofProcessor(step),
    ...ofSources(step, installation),
    ...ofBackend(step, installation),
    ...toolsOf(step).flatMap((id) => ofTool(step, id, installation)),
  ]);
}

function ofProcessor({ name, job, jobVersion }: PlannedStep): string[] {
  if (!Object.hasOwn(jobs, job)) return [`${name} was done by ${job}, which is not known here any more.`];
  const { version } = jobs[job as JobName];
  if (version === jobVersion) return [];
  return [
    `${name} was done by version ${jobVersion} of ${job}; here is version ${version}, which gives other results.`,
  ];
}

function ofSources({ name, external }: PlannedStep, { sources }: Installation): string[] {
  if (external === null || external === sources) return [];
  return [`${name} read other content than its sources hold now: replay the steps after it, or bring the files back.`];
}

function ofBackend({ name, kind, params }: PlannedStep, { backends }: Installation): string[] {
  const { backend, backendVersion } = params;
  if ((kind !== "train" && kind !== "generate") || typeof backend !== "string") return [];
  const found = backends[kind].get(backend);
  if (found === undefined) return [`${name} was done by ${backend}, which this installation does not have.`];
  if (!found.available) return [`${name} was done by ${backend}, which is not there now: ${found.message}.`];
  if (found.version === backendVersion) return [];
  return [`${name} was done by ${backend} ${brief(backendVersion)}; it is ${brief(found.version)} now.`];
}

/** Versions hold digests, which differ in their beginning. */
const brief = (version: unknown): string => String(version).replace(/[0-9a-f]{20,}/g, (digest) => digest.slice(0, 12));

/** Ids that the parameters of a step name beside its backend. */
function toolsOf({ kind, params }: PlannedStep): string[] {
  if (kind === "prepare") return ids(params.faces);
  if (kind !== "caption") return [];
  const { provider, ensemble, tokenCounter } = params;
  if (typeof ensemble !== "object" || ensemble === null || Array.isArray(ensemble)) return ids(provider, tokenCounter);
  const { providers, fuser, embedder } = ensemble;
  return ids(...(Array.isArray(providers) ? providers : []), fuser, embedder, tokenCounter);
}

const ids = (...values: readonly unknown[]): string[] => values.filter((value) => typeof value === "string");

function ofTool({ name }: PlannedStep, id: string, { tools }: Installation): string[] {
  const found = tools.get(id);
  if (found?.available) return [];
  return [
    `${name} used ${id}, which ${found === undefined ? "this installation does not have" : `is not there now: ${found.message}`}.`,
  ];
}
