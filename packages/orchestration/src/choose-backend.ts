import { type Availability, nearNames } from "@loramill/contracts";
import { refuse } from "./refuse.ts";

interface Candidate extends Availability {
  readonly name: string;
}

export interface BackendQuestion<C extends Candidate> {
  /** Where the spec names it, such as `train.backend`. */
  readonly field: string;
  /** A name, or `auto`. */
  readonly wanted: string;
  readonly candidates: readonly C[];
  /** Why a candidate cannot do this work, as a clause; null when it can. */
  readonly unfit: (candidate: C) => string | null;
}

export interface BackendAnswer<C> {
  readonly backend: C;
  /** Said when `auto` chose: which, and why. */
  readonly notes: readonly string[];
}

/** The named backend, or for `auto` the first that is available and fit. Refuses when there is none, saying why. */
export function chooseBackend<C extends Candidate>(question: BackendQuestion<C>): BackendAnswer<C> {
  const { field, wanted, candidates, unfit } = question;
  const objection = (candidate: C): string | null =>
    unfit(candidate) ?? (candidate.available ? null : `is not available: ${candidate.message}`);
  if (wanted !== "auto") {
    const backend = candidates.find((candidate) => candidate.name === wanted);
    if (backend === undefined) return refuseUnknown(field, wanted, candidates);
    const problem = objection(backend);
    if (problem === null) return { backend, notes: [] };
    const others = candidates.filter((candidate) => objection(candidate) === null).map(({ name }) => name);
    return refuse({
      code: unfit(backend) === null ? "backend-unavailable" : "backend-unfit",
      field,
      problem: `${wanted} ${problem}`,
      given: wanted,
      ...(others.length > 0 ? { likely: `these can: ${others.join(", ")}` } : {}),
    });
  }
  const passed: string[] = [];
  for (const candidate of candidates) {
    const problem = objection(candidate);
    if (problem === null) {
      const why = passed.length > 0 ? `; ${passed.join("; ")}` : "";
      return { backend: candidate, notes: [`${field}: ${candidate.name} (${candidate.message})${why}`] };
    }
    passed.push(`${candidate.name} ${problem}`);
  }
  return refuse({
    code: "no-backend",
    field,
    problem: passed.length === 0 ? "no backend is configured" : `no backend can do this: ${passed.join("; ")}`,
    given: wanted,
  });
}

function refuseUnknown(field: string, wanted: string, candidates: readonly Candidate[]): never {
  const names = candidates.map(({ name }) => name);
  const [near] = nearNames(wanted, names);
  return refuse({
    code: "backend-unknown",
    field,
    problem: `there is no backend "${wanted}"`,
    given: wanted,
    allowed: ["auto", ...names].join(", "),
    ...(near === undefined ? {} : { likely: `did you mean ${near}?` }),
  });
}
