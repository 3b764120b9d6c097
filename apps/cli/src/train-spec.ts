import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { RunSpec, type RunSpecInput, specProblems, UserError, withoutArchiveExtension } from "@loramill/contracts";
import { changeFields } from "./change-fields.ts";
import { cleanName } from "./clean-name.ts";
import { sourceOf } from "./dataset-spec.ts";
import { isRecipeFileName, readRecipe } from "./read-recipe.ts";

/** Options of `loramill train PICTURES`. */
export interface TrainOptions {
  readonly name?: string;
  readonly project?: string;
  readonly recipe?: string;
  readonly preset?: string;
  readonly backend?: string;
  readonly set?: readonly string[];
  readonly trigger?: string;
  readonly class?: string;
  readonly captioner?: string;
  readonly budget?: number;
}

type Dataset = NonNullable<RunSpecInput["dataset"]>;
type Train = NonNullable<RunSpecInput["train"]>;

/** What was cleaned when the version was made is trained on as it is. */
const KEEP_ALL = {
  exactDuplicates: "keep",
  nearDuplicates: "keep",
  blurred: "keep",
  tooSmall: "keep",
  lowContrast: "keep",
} as const;

/**
 * A spec that trains one LoRA: of pictures of this machine or of S3, or of a dataset version by its name, `name@version`
 * or digest. What lies on the disk comes first; `dataset:NAME` names a dataset whatever lies there. Pictures that have a
 * caption keep it, the others are captioned. UserError `bad-spec` with every wrong field.
 */
export function specOfTraining(pictures: string, options: TrainOptions): RunSpecInput {
  const { name, project, trigger, class: className, captioner, budget } = options;
  const { called, dataset } = datasetOf(pictures);
  const spec: RunSpecInput = {
    name: name ?? cleanName(called),
    ...(project === undefined ? {} : { project }),
    dataset,
    caption: {
      ...(trigger === undefined ? {} : { triggerWord: trigger }),
      ...(className === undefined ? {} : { className }),
      ...(captioner === undefined ? {} : { provider: captioner as "auto" }),
    },
    train: trainOf(options),
    ...(budget === undefined ? {} : { budgetUsd: budget }),
  };
  const parsed = RunSpec.safeParse(spec);
  if (parsed.success) return spec;
  const problems = specProblems(parsed.error.issues).map(({ field, message }) => `${field || "spec"}: ${message}`);
  throw new UserError(`this cannot be trained:\n  ${problems.join("\n  ")}`, { code: "bad-spec" });
}

function datasetOf(pictures: string): { called: string; dataset: Dataset } {
  const isHere = pictures.startsWith("s3://") || existsSync(resolve(pictures));
  // Nobody means a dataset by what looks like a path: it is missing.
  const isPath = /^[./~]|[/\\]/.test(pictures);
  if (isHere || isPath) {
    const called = withoutArchiveExtension(basename(resolve(pictures)));
    return { called, dataset: { sources: [sourceOf(pictures, {})] } };
  }
  const dataset = pictures.replace(/^dataset:/, "");
  return {
    called: dataset.split("@")[0] ?? dataset,
    dataset: { sources: [{ type: "dataset", dataset }], cleaning: KEEP_ALL },
  };
}

/** A recipe of a file goes along with its text; any other is known to the server by its name. */
function trainOf({ recipe: named, preset, backend, set = [] }: TrainOptions): Train {
  if (named !== undefined && preset !== undefined) {
    throw new UserError("give either --recipe or --preset: both name what --set changes", { code: "bad-option" });
  }
  const base = named ?? preset;
  const file = base !== undefined && isRecipeFileName(base) ? readRecipe(base) : null;
  return {
    ...(backend === undefined ? {} : { backend: backend as "auto" }),
    ...(base === undefined || file !== null ? {} : { preset: base }),
    recipe: changeFields(file?.recipe ?? {}, set),
  };
}
