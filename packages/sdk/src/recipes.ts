import { type RecipeBodyInput, RecipeList, RecipeView } from "@loramill/contracts";
import type { Caller } from "./client.ts";

interface OfProject {
  readonly project?: string;
  readonly signal?: AbortSignal;
}

/** `/v1/recipes`: recipes that people saved, by name. */
export function recipeCalls({ call }: Pick<Caller, "call">) {
  const at = (name: string) => `/v1/recipes/${encodeURIComponent(name)}`;
  return {
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
