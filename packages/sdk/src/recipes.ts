import {
  PresetList,
  type RecipeBodyInput,
  RecipeExplanation,
  type RecipeExplanationRequestInput,
  RecipeList,
  RecipeView,
} from "@loramill/contracts";
import type { Caller } from "./caller.ts";

interface OfProject {
  readonly project?: string;
  readonly signal?: AbortSignal;
}

/** `/v1/recipes` and `/v1/presets`: recipes that people saved, by name, those that come with the product, and what they mean. */
export function recipeCalls({ call }: Pick<Caller, "call">) {
  const at = (name: string) => `/v1/recipes/${encodeURIComponent(name)}`;
  return {
    presets: (signal?: AbortSignal) => call({ path: "/v1/presets", answer: PresetList, signal }),
    /** Field by field: value, unit, range and why; and what is impossible or unwise. */
    explain: (body: RecipeExplanationRequestInput, signal?: AbortSignal) =>
      call({ method: "POST", path: "/v1/recipes/explanation", body, answer: RecipeExplanation, signal }),
    list: ({ signal, ...query }: OfProject = {}) => call({ path: "/v1/recipes", query, answer: RecipeList, signal }),
    get: (name: string, { signal, ...query }: OfProject = {}) =>
      call({ path: at(name), query, answer: RecipeView, signal }),
    /** Over one of the same name. */
    save: (name: string, body: RecipeBodyInput, { signal, ...query }: OfProject = {}) =>
      call({ method: "PUT", path: at(name), query, body, answer: RecipeView, signal }),
    remove: (name: string, { signal, ...query }: OfProject = {}) =>
      call({ method: "DELETE", path: at(name), query, answer: RecipeView, signal }),
  };
}
