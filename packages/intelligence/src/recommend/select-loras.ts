import type { FacetValue, LoraPreferences, LoraReason, PassedLora } from "@loramill/contracts";
import type { IndexedLora } from "./lora-index.ts";
import type { LoraScore } from "./score-lora.ts";
import { fitsBudget, type Strength, suggestStrength } from "./suggest-strength.ts";

/** A LoRA that could be applied, with what speaks for it. */
export interface Candidate extends LoraScore {
  readonly lora: IndexedLora;
}

/** A LoRA that the user gave; null where the library does not hold it. */
export interface PinnedLora {
  readonly candidate: Candidate | null;
  readonly strength: Strength;
}

export interface Selection {
  readonly chosen: readonly Candidate[];
  readonly passed: readonly {
    readonly candidate: Candidate;
    readonly because: PassedLora["because"];
    readonly text: string;
  }[];
}

/** The most certain first; names decide between equals, so that the order of the library does not. */
export function byConfidence(a: Candidate, b: Candidate): number {
  return b.score - a.score || (a.lora.facts.name < b.lora.facts.name ? -1 : 1);
}

/**
 * Takes candidates one by one, the most certain first, while the preferences allow. What is pinned takes places, style and
 * strength before any of them. A candidate all of whose words are spoken for by those before it would only do their work
 * twice and is passed over.
 */
export function selectLoras(
  candidates: readonly Candidate[],
  pinned: readonly PinnedLora[],
  preferences: LoraPreferences,
): Selection {
  const chosen: Candidate[] = [];
  const passed: Selection["passed"][number][] = [];
  for (const candidate of [...candidates].sort(byConfidence)) {
    const objection = objectionTo(candidate, chosen, pinned, preferences);
    if (objection === null) chosen.push(candidate);
    else passed.push({ candidate, ...objection });
  }
  return { chosen, passed };
}

function objectionTo(
  candidate: Candidate,
  chosen: readonly Candidate[],
  pinned: readonly PinnedLora[],
  preferences: LoraPreferences,
): { because: PassedLora["because"]; text: string } | null {
  const { maxLoras, minConfidence, styleMixing, strengthBudget } = preferences;
  if (candidate.confidence < minConfidence) {
    const text = `its confidence ${(Math.floor(candidate.confidence * 100) / 100).toFixed(2)} is below ${minConfidence.toFixed(2)}`;
    return { because: "confidence", text };
  }
  const others = [...pinned.flatMap((each) => each.candidate ?? []), ...chosen];
  const style = mainStyle(candidate);
  const clash = others.find((other) => style !== null && mainStyle(other) !== null && mainStyle(other) !== style);
  if (!styleMixing && clash !== undefined) {
    const text = `its style ${style} would mix with ${mainStyle(clash)} of ${clash.lora.facts.name}, and style mixing is off`;
    return { because: "style", text };
  }
  const speakers = speakersForAll(candidate, others);
  if (speakers.length > 0) return { because: "same-words", text: `its words are spoken for by ${namesOf(speakers)}` };
  if (pinned.length + chosen.length >= maxLoras) {
    return { because: "count", text: `${maxLoras} LoRAs at once are the most that is allowed` };
  }
  const strengths = [
    ...pinned.map(({ strength }) => strength),
    ...[...chosen, candidate].map(({ lora }) => suggestStrength(lora.facts)),
  ];
  if (!fitsBudget(strengths, strengthBudget)) {
    return { because: "budget", text: `no visible strength is left for it within ${strengthBudget} for all` };
  }
  return null;
}

export function mainStyle({ lora }: Candidate): FacetValue<"style"> | null {
  return lora.styles[0] ?? null;
}

/** Those that every word speaking for the candidate speaks for too; none where it has a word, or its trigger word, alone. */
function speakersForAll(candidate: Candidate, others: readonly Candidate[]): readonly Candidate[] {
  const own = placesOf([candidate], SPEAKING);
  const taken = placesOf(others, SPEAKING);
  const called = placesOf([candidate], ["trigger-word"]);
  const calledOthers = placesOf(others, ["trigger-word"]);
  if ([...own].some((at) => !taken.has(at)) || [...called].some((at) => !calledOthers.has(at))) return [];
  return others.filter((other) => [...placesOf([other], SPEAKING)].some((at) => own.has(at)));
}

const SPEAKING: readonly LoraReason["kind"][] = ["trigger-word", "words", "style"];

function placesOf(candidates: readonly Candidate[], kinds: readonly LoraReason["kind"][]): Set<number> {
  return new Set(
    candidates.flatMap(({ reasons }) =>
      reasons
        .filter(({ kind, points }) => points > 0 && kinds.includes(kind))
        .flatMap(({ words }) => words.map(({ start }) => start)),
    ),
  );
}

const namesOf = (candidates: readonly Candidate[]): string =>
  candidates.map(({ lora }) => lora.facts.name).join(" and ");
