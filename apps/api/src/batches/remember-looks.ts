import type { Clock } from "@loramill/contracts";
import type { PlanningDeps } from "../planning/planning-deps.ts";

/** How long a look at what lies outside holds while hundreds of runs are planned one after the other. */
const LOOK_MS = 5_000;
/** A look that several plans share is no single request's to cut off. */
const PATIENCE_MS = 30_000;

interface Looked {
  isAvailable(signal?: AbortSignal): Promise<unknown>;
  version?(signal?: AbortSignal): Promise<string>;
}

/**
 * What the runs of a batch are planned with: backends, models, past trainings and the market of machines are looked at once in a few
 * seconds and not for each run, because some looks start a program, some ask a server far away, and some are many queries.
 */
export function rememberLooks(deps: PlanningDeps, clock: Clock): PlanningDeps {
  const remember = <Answer>(ask: () => Promise<Answer>): (() => Promise<Answer>) => {
    let last: { readonly until: number; readonly answer: Promise<Answer> } | null = null;
    return () => {
      const now = clock.now().getTime();
      if (last !== null && now < last.until) return last.answer;
      const answer = ask();
      last = { until: now + LOOK_MS, answer };
      answer.catch(() => {
        last = null;
      });
      return answer;
    };
  };
  const rememberEach = <Answer>(ask: (project: string) => Promise<Answer>): ((project: string) => Promise<Answer>) => {
    const looks = new Map<string, () => Promise<Answer>>();
    return (project) => {
      const look = looks.get(project) ?? remember(() => ask(project));
      looks.set(project, look);
      return look();
    };
  };
  const lookedAt = <Part extends Looked>(part: Part): Part => {
    const signal = () => AbortSignal.timeout(PATIENCE_MS);
    const { version } = part;
    return Object.assign(Object.create(part) as Part, {
      isAvailable: remember(() => part.isAvailable(signal())),
      ...(version === undefined ? {} : { version: remember(() => version.call(part, signal())) }),
    });
  };
  return {
    ...deps,
    captioners: deps.captioners.map(({ provider, captioner }) => ({ provider, captioner: lookedAt(captioner) })),
    fuser: deps.fuser === null ? null : lookedAt(deps.fuser),
    embedder: deps.embedder === null ? null : lookedAt(deps.embedder),
    faceFinder: lookedAt(deps.faceFinder),
    trainingBackends: deps.trainingBackends.map(lookedAt),
    generationBackends: deps.generationBackends.map(lookedAt),
    models: remember(deps.models),
    pastTrainings: remember(deps.pastTrainings),
    rentalMarket: rememberEach(deps.rentalMarket),
  };
}
