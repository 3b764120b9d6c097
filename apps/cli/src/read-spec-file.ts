import { readFileSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import { mapInputFiles, type RunSpecInput, UserError } from "@loramill/contracts";
import { parse as parseYaml } from "yaml";
import { mapLoraPaths } from "./lora-paths.ts";
import { isRecipeFileName, readRecipe } from "./read-recipe.ts";

/** What a YAML or JSON file holds. UserError `bad-spec` where it holds neither. */
export function readSpecValue(path: string): unknown {
  try {
    const text = readFileSync(path, "utf8");
    return extname(path).toLowerCase() === ".json" ? JSON.parse(text) : parseYaml(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`${path}: not a spec: ${why}`, { code: "bad-spec" });
  }
}

/** The run spec of a file, not checked yet, with its paths made absolute: they are relative to the file. */
export function readSpecFile(path: string): RunSpecInput {
  return withAbsoluteFiles(readSpecValue(path) as RunSpecInput, dirname(path));
}

/** A spec that was just read, with its recipe file read too and paths that hold wherever the command runs. */
export function withAbsoluteFiles(spec: RunSpecInput, folder: string): RunSpecInput {
  if (typeof spec?.train?.recipe === "string" && isRecipeFileName(spec.train.recipe)) {
    spec.train.recipe = readRecipe(resolve(folder, spec.train.recipe)).recipe;
  }
  for (const source of spec?.dataset?.sources ?? []) {
    if ("path" in source && source.path !== undefined) source.path = resolve(folder, source.path);
  }
  if (spec?.generate !== undefined) spec.generate = withAbsolutePaths(spec.generate, folder);
  return spec;
}

/** The files that go in, LoRAs among them, as paths that hold wherever the command runs. */
export function withAbsolutePaths<T extends NonNullable<RunSpecInput["generate"]>>(generate: T, folder: string): T {
  const inputs = mapInputFiles(generate, (file) => (isPath(file) ? resolve(folder, file) : file));
  return mapLoraPaths(inputs, (path) => resolve(folder, path));
}

/** A file of this machine, as against a stored one, or a variable of a batch that stands for one. */
export const isPath = (file: string): boolean => !/^(sha256:[0-9a-f]{64}$|https?:\/\/|\$\{)/.test(file);
