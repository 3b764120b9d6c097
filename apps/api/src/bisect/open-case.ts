import type { LibraryLora } from "@loramill/catalog";
import { type BisectGrid, type Digest, type ProjectId, RunSpec, UserError } from "@loramill/contracts";
import { applyDifferences, type TrainingDifference, trainingDifferences, trialSpec } from "@loramill/orchestration";
import { writeVersion } from "../datasets/write-version.ts";
import type { ApiDeps } from "../deps.ts";
import { type KnownTraining, readTraining } from "./read-training.ts";

/** Two LoRAs with how they were trained, and what differs. */
export interface BisectCase {
  readonly good: LibraryLora;
  readonly bad: LibraryLora;
  readonly differences: readonly TrainingDifference[];
  /** What differs and is no choice of a spec. */
  readonly notes: readonly string[];
  /** What the good one's run drew; null where it drew nothing. */
  readonly grid: BisectGrid | null;
  /** The run that trains with some of the differences. The pictures of it are written down, and nothing is started. */
  trialOf(applied: readonly string[], trial: TrialOf): Promise<RunSpec>;
}

interface TrialOf {
  readonly name: string;
  readonly project: string;
  readonly grid: BisectGrid;
  readonly budgetUsd: number | undefined;
}

type Deps = Pick<ApiDeps, "catalog" | "stores">;

/** Opens the two, as they are named, of one project. UserError `lora-not-found`, `not-trained-here`, `nothing-differs`. */
export async function openCase(
  { project, good, bad }: { readonly project: ProjectId; readonly good: string; readonly bad: string },
  deps: Deps,
): Promise<BisectCase> {
  const find = async (lora: string) => {
    const row = await deps.catalog.loras.find({ project, lora });
    if (row === null) throw new UserError(`there is no LoRA ${lora}`, { code: "lora-not-found" });
    return { row, training: await readTraining(row, deps) };
  };
  const [first, second] = [await find(good), await find(bad)];
  const { facts } = first.training;
  const differences = trainingDifferences(facts, second.training.facts);
  const notes = notesOn(first.training, second.training);
  if (differences.length === 0) {
    throw new UserError(
      `${good} and ${bad} were trained with the same pictures, captions and recipe${notes.length === 0 ? "" : `; ${notes.join("; ")}`}`,
      { code: "nothing-differs" },
    );
  }
  return {
    ...{ good: first.row, bad: second.row, differences, notes, grid: first.training.grid },
    async trialOf(applied, { grid, ...trial }) {
      const places = differences.flatMap(({ id }, place) => (applied.includes(id) ? [place] : []));
      const { pictures, ...rest } = applyDifferences(facts, differences, places);
      if (pictures.length === 0) throw new UserError("it has no pictures", { code: "no-pictures" });
      const { digest }: { digest: Digest } = await writeVersion(deps.stores, pictures, { name: trial.name });
      return RunSpec.parse(trialSpec(rest, { ...trial, ...grid, dataset: digest }));
    },
  };
}

function notesOn(good: KnownTraining, bad: KnownTraining): string[] {
  return Object.entries(good.versions).flatMap(([name, version]) => {
    const other = bad.versions[name];
    if (other === undefined || other === version) return [];
    return [
      `${name} had another version then: both are tried with the one that is here now, so try the good one again first`,
    ];
  });
}
