import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import {
  isArchiveName,
  RunSpec,
  type RunSpecInput,
  specProblems,
  UserError,
  withoutArchiveExtension,
} from "@loramill/contracts";
import { cleanName } from "./clean-name.ts";
import { isVideo, sourceOf } from "./dataset-spec.ts";
import { moment } from "./moment.ts";
import { readSpecFile } from "./read-spec-file.ts";

/** Options of `run`, `plan` and `quote` that stand for parts of a spec. */
export interface SpecOptions {
  readonly name?: string;
  readonly project?: string;
  readonly trigger?: string;
  readonly class?: string;
  readonly captioner?: string;
  readonly preset?: string;
  readonly steps?: number;
  readonly rank?: number;
  readonly prompt?: readonly string[];
  readonly images?: number;
  readonly strength?: readonly number[];
  readonly seed?: number;
  readonly budget?: number;
  readonly deadline?: string;
  readonly onBudget?: string;
  readonly train?: boolean;
  readonly generate?: boolean;
}

/**
 * The spec of a command's argument: a YAML or JSON file, or a folder, archive or video, which gets the usual
 * steps. Options override what the file says. Relative paths in a file are relative to the file.
 */
export function readSpec(argument: string, options: SpecOptions): RunSpecInput {
  const path = resolve(argument);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new UserError(`${argument}: no such file or folder`, { code: "spec-not-found" });
  const isPictures = stat.isDirectory() || isArchiveName(path) || isVideo(path);
  const spec = isPictures ? specOfPictures(path, options) : readSpecFile(path);
  return checkSpec(applyOptions(spec, options), argument);
}

function specOfPictures(path: string, options: SpecOptions): RunSpecInput {
  const name = cleanName(options.name ?? withoutArchiveExtension(basename(path)));
  const subject = [options.trigger, options.trigger ? "" : options.class].find(Boolean) ?? name;
  return {
    name,
    dataset: { sources: [sourceOf(path, {})] },
    caption: {},
    ...(options.train === false ? {} : { train: {} }),
    ...(options.train === false || options.generate === false
      ? {}
      : { generate: { prompts: [`a photo of ${subject}`], imagesPerPrompt: 4, strengths: [0, 0.8] } }),
  };
}

function applyOptions(spec: RunSpecInput, options: SpecOptions): RunSpecInput {
  const { caption, train, generate } = spec;
  return {
    ...spec,
    ...(options.name ? { name: options.name } : {}),
    ...(options.project ? { project: options.project } : {}),
    ...(options.budget === undefined ? {} : { budgetUsd: options.budget }),
    ...(options.deadline === undefined ? {} : { deadline: moment("deadline", options.deadline) }),
    ...(options.onBudget === undefined ? {} : { policy: { ...spec.policy, onBudget: options.onBudget as "stop" } }),
    ...(caption || options.trigger || options.class || options.captioner
      ? {
          caption: {
            ...caption,
            ...(options.trigger ? { triggerWord: options.trigger } : {}),
            ...(options.class ? { className: options.class } : {}),
            ...(options.captioner ? { provider: options.captioner as "auto" } : {}),
          },
        }
      : {}),
    ...(train
      ? {
          train: {
            ...train,
            // A recipe by name is the base that the options change.
            ...(typeof train.recipe === "string" ? { preset: train.recipe } : {}),
            ...(options.preset ? { preset: options.preset } : {}),
            recipe: {
              ...(typeof train.recipe === "string" ? {} : train.recipe),
              ...(options.steps === undefined ? {} : { steps: options.steps }),
              ...(options.rank === undefined ? {} : { rank: options.rank }),
              ...(options.seed === undefined ? {} : { seed: options.seed }),
            },
          },
        }
      : {}),
    ...(generate
      ? {
          generate: {
            ...generate,
            ...(options.prompt?.length ? { prompts: [...options.prompt] } : {}),
            ...(options.images === undefined ? {} : { imagesPerPrompt: options.images }),
            ...(options.strength?.length ? { strengths: [...options.strength] } : {}),
            ...(options.seed === undefined ? {} : { baseSeed: options.seed }),
          },
        }
      : {}),
  };
}

/** Throws UserError `bad-spec` that names every field which is wrong. */
export function checkSpec(spec: RunSpecInput, argument: string): RunSpecInput {
  const parsed = RunSpec.safeParse(spec, { reportInput: true });
  if (parsed.success) return spec;
  const problems = specProblems(parsed.error.issues, { schema: RunSpec }).map(
    ({ field, message }) => `${field || "spec"}: ${message}`,
  );
  throw new UserError(`${argument}: the spec is wrong:\n  ${problems.join("\n  ")}`, { code: "bad-spec" });
}
