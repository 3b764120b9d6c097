import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type RunSpecInput, UserError } from "@loramill/contracts";
import { chooseAssisted } from "../choose-assisted.ts";
import { withConnection } from "../connect.ts";
import type { GenerateOptions } from "../generate/generate-options.ts";
import { generateSpec } from "../generate/generate-spec.ts";
import { checkSpec } from "../read-spec.ts";
import { readSpecFile, readSpecValue, withAbsolutePaths } from "../read-spec-file.ts";
import { resumeCommand } from "./change.ts";
import type { CommandContext } from "./context.ts";
import { type RunOptions, runSpec } from "./run.ts";

export type GenerateCommandOptions = GenerateOptions &
  Pick<RunOptions, "detach" | "output" | "saveDataset"> & { readonly resume?: string };

/** Makes pictures or clips: a run of one step, followed to its end, with what it made saved. */
export async function generateCommand(
  prompts: readonly string[],
  options: GenerateCommandOptions,
  context: CommandContext,
): Promise<number> {
  if (options.resume !== undefined) {
    if (prompts.length > 0) {
      throw new UserError("--resume goes on with a run as it is: leave the prompts out", { code: "bad-usage" });
    }
    return resumeCommand(options.resume, options, context);
  }
  const written = options.file === undefined ? null : readRequestFile(resolve(options.file));
  const asked = generateSpec({ prompts, options, written, folder: resolve(), readText });
  const spec = asked.generate?.mode === "assisted" ? await assist(asked, options, context) : asked;
  return runSpec(checkSpec(spec, options.file ?? "generate"), options, context);
}

/** The spec with what is recommended for its prompt, as its user edited it. */
async function assist(
  spec: RunSpecInput,
  { lora = [], steps, guidance, sampler, scheduler, size, model, accept = false }: GenerateCommandOptions,
  context: CommandContext,
): Promise<RunSpecInput> {
  const { generate = {}, project } = spec;
  const [prompt, ...others] = generate.prompts ?? [];
  if (prompt === undefined || others.length > 0) {
    throw new UserError("--mode assisted recommends for one prompt: give one, or take --mode auto", {
      code: "bad-usage",
    });
  }
  const parameters = { steps, guidance, sampler, scheduler, ...size };
  const request = {
    prompt,
    loras: [...lora],
    parameters: Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined)),
    ...(generate.negativePrompt === undefined ? {} : { negativePrompt: generate.negativePrompt }),
    ...(generate.constraints === undefined ? {} : { constraints: generate.constraints }),
    ...(project === undefined ? {} : { project }),
    ...(model === undefined
      ? {}
      : { model: model.variant === undefined ? model.family : `${model.family}-${model.variant}` }),
  };
  const chosen = await withConnection(context, ({ client }) => chooseAssisted(request, { client, accept, context }));
  // Its LoRAs are among those of the recommendation.
  const { lora: _, strengths: _strengths, ...rest } = generate;
  return {
    ...spec,
    generate: { ...rest, ...chosen, request: { ...rest.request, ...(chosen.request as object) } },
  } as RunSpecInput;
}

/** Parts of a run spec that what generates pictures has not. */
const OF_A_RUN = ["generate", "dataset", "train", "policy", "version"];

/** A file that holds a whole run spec, or only what its `generate` would. */
function readRequestFile(path: string): RunSpecInput {
  const value = readSpecValue(path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserError(`${path}: expected fields of a request, such as prompts`, { code: "bad-spec" });
  }
  if (OF_A_RUN.some((field) => field in value)) return readSpecFile(path);
  return { name: "", generate: withAbsolutePaths(value, dirname(path)) };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new UserError(`${path}: cannot be read`, { code: "file-missing", cause });
  }
}
