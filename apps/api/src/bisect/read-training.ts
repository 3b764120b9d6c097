import type { Catalog, LibraryLora } from "@loramill/catalog";
import {
  type BisectGrid,
  type PlannedStep,
  type PreparedImage,
  PrepareSettings,
  type RunId,
  StoredRecipe,
  type Stores,
  UserError,
} from "@loramill/contracts";
import type { TrainingFacts } from "@loramill/orchestration";
import { readCaptions, readImages } from "../datasets/read-images.ts";

/** Most of what a run draws that is taken for the grid of a bisection. */
const MOST = 4;

/** How a LoRA of the library was trained. */
export interface KnownTraining {
  readonly facts: TrainingFacts;
  /** What its run drew with it; null where it drew nothing. */
  readonly grid: BisectGrid | null;
  /** What decided it too, and is no choice: versions of its backend and of the jobs before it. */
  readonly versions: Readonly<Record<string, string | number>>;
}

type Deps = { readonly catalog: Pick<Catalog, "runs">; readonly stores: Pick<Stores, "documents"> };

/** Reads it from the run that trained it. Throws UserError `not-trained-here` where there is none. */
export async function readTraining(lora: LibraryLora, { catalog, stores }: Deps): Promise<KnownTraining> {
  const called = `${lora.name}@${lora.version}`;
  const ref = { run: lora.run as RunId };
  const [view, plan] =
    lora.run === "" ? [null, null] : await Promise.all([catalog.runs.get(ref), catalog.runs.plan(ref)]);
  const name = view?.steps.find(({ id }) => id === lora.step)?.name;
  const planned = (kind: PlannedStep["kind"]) => plan?.lock.steps.find((step) => step.kind === kind);
  const train = plan?.lock.steps.find((step) => step.name === name && step.kind === "train");
  const prepare = planned("prepare");
  const outputOf = (kind: PlannedStep["kind"]) => view?.steps.find((step) => step.kind === kind)?.output ?? null;
  const dataset = outputOf("dataset");
  if (plan === null || train === undefined || prepare === undefined || dataset === null) {
    throw new UserError(
      `${called} was not trained by a run of this installation: what it was made of is not known well enough to be bisected`,
      { code: "not-trained-here", details: { lora: called } },
    );
  }
  const { faces: _, ...settings } = prepare.params;
  const captions = train.needs.includes("caption") ? outputOf("caption") : null;
  return {
    facts: {
      backend: String(train.params.backend),
      recipe: StoredRecipe.parse(train.params.recipe),
      prepare: PrepareSettings.parse(settings),
      pictures: await picturesOf(dataset, captions, stores),
    },
    grid: await gridOf(planned("generate"), stores),
    versions: {
      [String(train.params.backend)]: String(train.params.backendVersion),
      ...Object.fromEntries(plan.lock.steps.map(({ job, jobVersion }) => [job, jobVersion])),
    },
  };
}

/** The pictures with the captions that were trained on: those of the caption step win. */
async function picturesOf(dataset: string, captions: string | null, stores: Deps["stores"]): Promise<PreparedImage[]> {
  const manifest = await stores.documents.get("dataset", dataset);
  const images = await Array.fromAsync(readImages(stores, manifest));
  if (captions === null) return images;
  const written = await readCaptions(stores, captions);
  return images.map(({ caption: _, ...image }) => {
    const text = written.of(image);
    return text === undefined ? image : { ...image, caption: { text, origin: "as it was trained" } };
  });
}

async function gridOf(step: PlannedStep | undefined, { documents }: Deps["stores"]): Promise<BisectGrid | null> {
  if (typeof step?.params.grid !== "string") return null;
  const { prompts, seeds, strengths } = await documents.get("grid", step.params.grid);
  const drawn = strengths.filter((strength) => strength > 0);
  return {
    prompts: prompts.slice(0, MOST).map((prompt) => (typeof prompt === "string" ? prompt : prompt.text)),
    seeds: seeds.slice(0, MOST),
    strengths: drawn.length === 0 ? [1] : drawn.slice(0, 1),
  };
}
