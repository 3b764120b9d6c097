import type { Bisection } from "@loramill/catalog";
import type { BisectTrial } from "@loramill/contracts";
import { nextTrial } from "@loramill/orchestration";

type Progress = Pick<Bisection, "differences" | "trials">;

/** As `nextTrial` says it, with differences by their ids. */
export type NextStep =
  | {
      readonly kind: "test";
      readonly applied: readonly string[];
      readonly suspects: readonly string[];
      readonly trialsLeft: number;
    }
  | { readonly kind: "found"; readonly culprits: readonly string[]; readonly suspects: readonly string[] };

/** What follows from the verdicts so far. */
export function nextStep({ differences, trials }: Progress): NextStep {
  const places = new Map(differences.map(({ id }, place) => [id, place]));
  const ids = (of: readonly number[]) => of.flatMap((place) => differences[place]?.id ?? []);
  const judged = trials.flatMap(({ applied, verdict }) =>
    verdict === null ? [] : [{ applied: applied.flatMap((id) => places.get(id) ?? []), verdict }],
  );
  const next = nextTrial(differences.length, judged);
  const suspects = ids(next.suspects);
  return next.kind === "test"
    ? { ...next, applied: ids(next.applied), suspects }
    : { ...next, culprits: ids(next.culprits), suspects };
}

/** The trial that waits for a verdict, if one does. */
export const openTrial = ({ trials }: Pick<Progress, "trials">): BisectTrial | null =>
  trials.find(({ verdict }) => verdict === null) ?? null;

export const stateOf = (bisection: Progress & Pick<Bisection, "stoppedAt">): "open" | "found" | "stopped" => {
  if (nextStep(bisection).kind === "found") return "found";
  return bisection.stoppedAt === null ? "open" : "stopped";
};
