import type { NeededModel } from "../draft.ts";
import { listed } from "./check-graph.ts";
import type { NodeClasses } from "./node-classes.ts";

/** A model file that a graph names and a server does not have. */
export interface MissingModel extends NeededModel {
  readonly message: string;
}

/** The files that a server's own lists do not name; of classes that it lacks nothing is known. */
export function missingModels(models: readonly NeededModel[], classes: NodeClasses): MissingModel[] {
  return models.flatMap((model) => {
    const [type = "", input = ""] = model.input.split(".");
    const spec = classes.get(type)?.inputs.get(input)?.spec;
    if (spec?.kind !== "choice" || spec.options.includes(model.name)) return [];
    const have = spec.options.length === 0 ? "which is empty" : `which has ${listed(spec.options)}`;
    return [{ ...model, message: `the server has no ${model.name} in models/${model.folder}, ${have}: put it there` }];
  });
}
