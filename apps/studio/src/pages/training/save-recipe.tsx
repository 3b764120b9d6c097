import type { RecipeTemplate } from "@loramill/contracts";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { toast } from "../../ui/toasts.tsx";
import { mergedRecipe, type TypedRecipe } from "./spec-of-training.ts";

/** Keeps a recipe as it was changed, for other trainings of the project; nothing while nothing was. */
export function SaveRecipe({
  template,
  typed,
  project,
}: {
  readonly template: RecipeTemplate;
  readonly typed: TypedRecipe;
  readonly project: string | undefined;
}) {
  const client = useClient();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const recipe = mergedRecipe(template, typed);
  const save = useMutation({
    mutationFn: () =>
      client.recipes.save(name, { recipe: recipe as RecipeTemplate }, project === undefined ? {} : { project }),
    onSuccess: () => {
      toast.done(`The recipe ${name} is saved`);
      setName("");
      void queries.invalidateQueries({ queryKey: ["recipes"] });
    },
  });
  if (Object.keys(typed).length === 0) return null;
  return (
    <div className="row row-fields">
      <TextField label="Keep this recipe as" placeholder="my-recipe" value={name} onChange={setName} />
      <Button busy={save.isPending} disabled={name === "" || recipe === null} onClick={() => save.mutate()}>
        Save recipe
      </Button>
    </div>
  );
}
