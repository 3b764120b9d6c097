import { type RunSpecInput, readLoraTags, UserError } from "@loramill/contracts";
import { cleanName } from "../clean-name.ts";
import { given } from "../given.ts";
import { withAbsolutePaths } from "../read-spec-file.ts";
import type { GenerateOptions, LoraOption, Pair } from "./generate-options.ts";
import { type Request, requestOfOptions } from "./request-of-options.ts";
import { variationsOf } from "./variations.ts";

type Generate = NonNullable<RunSpecInput["generate"]>;

/** One seed at these strengths shows what a LoRA does, and where it is too much. */
const STRIP = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5];
const USUAL_STRENGTH = 0.8;
const NAME_LETTERS = 40;

export interface GenerateInput {
  readonly prompts: readonly string[];
  readonly options: GenerateOptions;
  /** What a file of `--file` says; its paths are absolute. */
  readonly written: RunSpecInput | null;
  /** Where relative paths of options start. */
  readonly folder: string;
  readonly readText: (path: string) => string;
}

/** A run that only generates, as options and prompts describe it; they win over the file. It is not checked yet. */
export function generateSpec({ prompts, options, written, folder, readText }: GenerateInput): RunSpecInput {
  const before: Partial<Generate> = written?.generate ?? {};
  const all = [...prompts, ...(options.prompts === undefined ? [] : linesOf(readText(options.prompts)))];
  const texts = all.length > 0 ? all : (before.prompts ?? []);
  const wildcards = (options.wildcard ?? []).map(([name, list]): Pair<string[]> => [name, wildcard(list, readText)]);
  const { project, budget } = options;
  const generate: Generate = {
    ...before,
    ...drawing(options, before, texts.length > 0),
    ...(texts.length === 0 ? {} : { prompts: [...texts] }),
    ...(wildcards.length === 0 ? {} : { wildcards: { ...before.wildcards, ...Object.fromEntries(wildcards) } }),
    ...given({
      mode: options.mode,
      combine: options.combine as Generate["combine"],
      negativePrompt: options.negative,
      baseSeed: options.seed,
      imagesPerPrompt: options.images,
      grid: options.grid ?? options.strip,
      backend: options.backend as Generate["backend"],
      onLoraFailure: options.onLoraFailure as Generate["onLoraFailure"],
    }),
  };
  return {
    ...written,
    name: cleanName(options.name ?? (written?.name || nameOf(texts, generate))),
    ...(project === undefined ? {} : { project }),
    ...(budget === undefined ? {} : { budgetUsd: budget }),
    generate: withAbsolutePaths(generate, folder),
  };
}

/** The request, its LoRAs, and what varies. The first LoRA is the main one, whose strengths a batch can vary. */
function drawing(options: GenerateOptions, before: Partial<Generate>, hasPrompt: boolean): Partial<Generate> {
  const request = requestOfOptions(options, (before.request ?? {}) as Request, hasPrompt);
  const [main, ...others] = options.lora ?? [];
  const written = Array.isArray(request.loras) ? request.loras : [];
  const kept = options.lora === undefined ? written : others.map(useOf);
  const hasMain = main !== undefined || before.lora !== undefined;
  const { lora: varied, ...variations } = variationsOf(options, {
    lorasBefore: kept.length + (hasMain ? 1 : 0),
    kind: request.kind,
  });
  const uses = [...kept, ...(varied === undefined ? [] : [useOf(varied)])];
  const strengths = strengthsOf(options, variations.strengths, main);
  if (strengths !== undefined && strengths.length > 1 && !hasMain) {
    throw noMainLora(options, strengths);
  }
  return {
    request: { ...request, ...(uses.length === 0 ? {} : { loras: uses }) } as NonNullable<Generate["request"]>,
    ...(main === undefined ? {} : { lora: main.lora }),
    ...(strengths === undefined ? {} : { strengths: [...strengths] }),
    ...(variations.seeds === undefined ? {} : { seeds: variations.seeds }),
    ...(Object.keys(variations.vary).length === 0 ? {} : { vary: { ...before.vary, ...variations.vary } }),
  };
}

/** Several strengths are those of the main LoRA: one in a prompt or behind another has its own. */
function noMainLora({ strip }: GenerateOptions, strengths: readonly number[]): UserError {
  const asked = strip ? "--strip draws one seed" : "several strengths draw the same picture";
  const message = `${asked} at the strengths ${strengths.join(", ")} of the main LoRA, and none is named: add --lora <name> (\`loramill lora search\` lists those of the library) or --lora <file>, or \`lora\` in the file of --file; one in a prompt (<lora:name:0.6>) keeps its own strength`;
  return new UserError(message, { code: "no-lora" });
}

const useOf = ({ lora, strength = USUAL_STRENGTH }: LoraOption) => ({ lora, strength });

function strengthsOf(
  { strip, strengths, images }: GenerateOptions,
  varied: readonly number[] | undefined,
  main: LoraOption | undefined,
): readonly number[] | undefined {
  const asked = [strip, strengths, varied, main?.strength].filter((each) => each !== undefined);
  if (asked.length > 1) {
    const message = "the strengths of the main LoRA are said twice: by --strip, --strengths, --vary or behind its name";
    throw new UserError(message, { code: "said-twice" });
  }
  if (strip && images !== undefined && images !== 1) {
    throw new UserError("--images: a strip is of one seed; leave it out", { code: "said-twice" });
  }
  if (strip) return STRIP;
  return strengths ?? varied ?? (main === undefined ? undefined : [main.strength ?? USUAL_STRENGTH]);
}

/** Lines of a `.txt` file, or what stands between bars. */
function wildcard(list: string, readText: (path: string) => string): string[] {
  return list.endsWith(".txt") && !list.includes("|") ? linesOf(readText(list)) : list.split("|");
}

/** Lines without those that are empty or a remark. */
function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** The first words of the first prompt, else what is done. */
function nameOf([prompt = ""]: readonly string[], { request }: Generate): string {
  const words = readLoraTags(prompt)
    .text.replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
  const whole = words.length <= NAME_LETTERS ? words : words.slice(0, NAME_LETTERS + 1).replace(/\s+\S*$/, "");
  return whole.slice(0, NAME_LETTERS) || (request?.kind ?? "generation");
}
