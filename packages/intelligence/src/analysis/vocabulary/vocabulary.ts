import type { FacetValue, PromptFacet } from "@loramill/contracts";

/**
 * For each value of a facet, the words and phrases that say so, with how clearly: 1 means nothing else, 0.3 is a hint.
 * All lower-case, hyphens as spaces, singular; a plural with s is found as well.
 */
export type FacetVocabulary<F extends PromptFacet> = Readonly<Record<FacetValue<F>, Readonly<Record<string, number>>>>;
