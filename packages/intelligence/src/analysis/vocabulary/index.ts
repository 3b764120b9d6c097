import type { PromptFacet } from "@loramill/contracts";
import { composition } from "./composition.ts";
import { intent } from "./intent.ts";
import { lighting } from "./lighting.ts";
import { medium } from "./medium.ts";
import { style } from "./style.ts";
import { subject } from "./subject.ts";
import type { FacetVocabulary } from "./vocabulary.ts";

/** Every word that the rules know. */
export const vocabularies: { readonly [F in PromptFacet]: FacetVocabulary<F> } = {
  subject,
  style,
  medium,
  lighting,
  composition,
  intent,
};
