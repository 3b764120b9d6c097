import type { RecipeTemplate } from "@loramill/contracts";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";

export interface KnownRecipe {
  readonly name: string;
  readonly summary: string;
  readonly recipe: RecipeTemplate;
  /** Somebody saved it; a preset otherwise. */
  readonly isSaved: boolean;
}

/** What a training can start from: the presets, and the recipes that were saved in the project. */
export function useRecipes(project: string | undefined): UseQueryResult<readonly KnownRecipe[]> {
  const client = useClient();
  return useQuery({
    queryKey: ["recipes", project],
    queryFn: async ({ signal }) => {
      const [presets, saved] = await Promise.all([
        client.recipes.presets(signal),
        client.recipes.list({ signal, ...(project === undefined ? {} : { project }) }),
      ]);
      return [
        ...presets.items.map((preset): KnownRecipe => ({ ...preset, isSaved: false })),
        ...saved.items.map(
          ({ name, description, recipe }): KnownRecipe => ({ name, summary: description, recipe, isSaved: true }),
        ),
      ];
    },
    staleTime: 60_000,
  });
}
