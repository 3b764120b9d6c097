import { type RecipeTemplate, recipeGroups } from "@loramill/contracts";
import { checkTemplate, explainRecipe, presetList } from "@loramill/recipes";
import { exitCodes } from "../exit-codes.ts";
import { findRecipe } from "../find-recipe.ts";
import { formatTable } from "../format.ts";
import { specOfTraining, type TrainOptions } from "../train-spec.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";
import { type RunOptions, runSpec } from "./run.ts";

/** `loramill train PICTURES`, and the commands that look at recipes before anything is trained. */

/** Trains one LoRA, follows it, and says where its file lies. */
export async function trainCommand(
  pictures: string,
  options: TrainOptions & Pick<RunOptions, "detach" | "output">,
  context: CommandContext,
): Promise<number> {
  return runSpec(specOfTraining(pictures, options), options, context);
}

export async function presetsCommand(context: CommandContext): Promise<number> {
  if (context.json) {
    printJson(
      context,
      presetList.map(({ name, summary, template }) => ({ name, summary, recipe: template })),
    );
    return exitCodes.ok;
  }
  const rows = presetList.map(({ name, summary, template }) => [
    name,
    template.family,
    `${template.resolution}`,
    `${template.rank}`,
    lengthOf(template),
    summary,
  ]);
  printLine(context, formatTable(["preset", "family", "pixels", "rank", "length", "for"], rows));
  printLine(context, "\n`loramill train explain NAME` says why each field has its value");
  return exitCodes.ok;
}

/** Field by field: value, unit, range and why; then what is wrong or unwise about the whole. */
export async function explainRecipeCommand(
  argument: string,
  options: { project?: string },
  context: CommandContext,
): Promise<number> {
  const { name, description, template, preset } = await findRecipe(argument, options, context);
  const fields = explainRecipe(template, preset);
  const issues = checkTemplate(template);
  const isPossible = issues.every(({ severity }) => severity !== "error");
  if (context.json) {
    printJson(context, { name, description, fields, issues });
    return isPossible ? exitCodes.ok : exitCodes.failed;
  }
  printLine(context, `${name}: ${description}`);
  for (const group of Object.keys(recipeGroups)) {
    const rows = fields
      .filter((field) => field.group === group)
      .map(({ field, value, unit, range, why }) => [field, shown(value), unit ?? "", range ?? "", why]);
    printLine(context, `\n${formatTable([group, "value", "unit", "takes", "why"], rows)}`);
  }
  for (const { field, severity, message } of issues) printLine(context, `\n${severity}: ${field}: ${message}`);
  return isPossible ? exitCodes.ok : exitCodes.failed;
}

const lengthOf = ({ steps, epochs }: RecipeTemplate): string =>
  epochs === undefined ? `${steps} steps` : `${epochs} epochs`;

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
