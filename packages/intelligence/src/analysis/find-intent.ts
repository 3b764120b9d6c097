import type { FacetValue, PromptFinding } from "@loramill/contracts";
import { findFacet } from "./find-facets.ts";
import type { Word } from "./words.ts";

/** What a picture of this subject is mostly for, where no word says so. */
const USUAL: Readonly<Record<FacetValue<"subject">, FacetValue<"intent">>> = {
  person: "portrait",
  group: "scene",
  animal: "portrait",
  creature: "character-design",
  plant: "illustration",
  landscape: "landscape-view",
  building: "architecture-view",
  interior: "architecture-view",
  city: "landscape-view",
  vehicle: "scene",
  food: "product-shot",
  product: "product-shot",
  text: "graphic-design",
  abstract: "texture",
};
/** A guess from the subject counts this much of the subject's own weight: a word for the intent always wins. */
const GUESS = 0.3;
/** A picture with this many sorts of things in it is a scene, whatever the first one is. */
const SCENE_SUBJECTS = 3;

/** What the picture is for: from the words, else from the subject. */
export function findIntent(
  words: readonly Word[],
  text: string,
  subject: readonly PromptFinding<"subject">[],
): PromptFinding<"intent">[] {
  const said = findFacet("intent", words, { text });
  const [main] = subject;
  if (said.length > 0 || main === undefined) return said;
  const isScene = subject.filter(({ weight }) => weight >= 0.8).length >= SCENE_SUBJECTS;
  const value = isScene ? "scene" : USUAL[main.value];
  return [{ value, weight: Math.round(main.weight * GUESS * 1000) / 1000, words: main.words }];
}
