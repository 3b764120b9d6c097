import { type Command, InvalidArgumentError } from "commander";
import { collect, number, numbers } from "../option-values.ts";

/** A LoRA as `name` or `name:strength` names it. */
export interface LoraOption {
  readonly lora: string;
  readonly strength?: number;
}
/** A picture that guides, and how strongly; left out: as the schema has it. */
export interface GuideOption {
  readonly image: string;
  readonly strength?: number;
}
/** What is made of a control picture first, and the picture. */
export interface ControlOption extends GuideOption {
  readonly preprocessor: string;
}
/** `left=right` of an option. */
export type Pair<Right = string> = readonly [left: string, right: Right];

/** Options of `loramill generate` that stand for parts of a spec. Files are as the person wrote them. */
export interface GenerateOptions {
  readonly prompts?: string;
  readonly file?: string;
  readonly name?: string;
  readonly project?: string;
  readonly lora?: readonly LoraOption[];
  readonly strengths?: readonly number[];
  readonly strip?: boolean;
  readonly negative?: string;
  readonly seed?: number;
  readonly images?: number;
  readonly steps?: number;
  readonly guidance?: number;
  readonly sampler?: string;
  readonly scheduler?: string;
  readonly size?: { readonly width: number; readonly height: number };
  readonly model?: { readonly family: string; readonly variant?: string };
  readonly checkpoint?: string;
  readonly kind?: string;
  readonly image?: readonly string[];
  readonly mask?: string;
  readonly denoise?: number;
  readonly control?: readonly ControlOption[];
  readonly imagePrompt?: readonly GuideOption[];
  readonly first?: string;
  readonly last?: string;
  readonly audio?: string;
  readonly driving?: string;
  readonly clip?: readonly string[];
  readonly fps?: number;
  readonly frames?: number;
  /** True without a scale. */
  readonly upscale?: number | true;
  readonly vary?: readonly Pair[];
  readonly wildcard?: readonly Pair[];
  readonly combine?: string;
  readonly grid?: boolean;
  readonly backend?: string;
  readonly format?: string;
  readonly private?: boolean;
  readonly onLoraFailure?: string;
  readonly budget?: number;
  readonly mode?: "auto" | "assisted" | "manual";
  readonly accept?: boolean;
}

export function withGenerateOptions(command: Command): Command {
  return command
    .argument("[prompt...]", "each is a prompt of its own; quote it")
    .option("--prompts <file>", "more prompts, one a line")
    .option("--file <request>", "a YAML or JSON file: what `generate` of a run spec takes, or a whole spec")
    .option("--name <name>", "name of the run; default: the first words of the prompt")
    .option("--project <project>", "project it belongs to")
    .option("--lora <name[:strength]>", "of the library, or a file; may be repeated, the first is the main one", loras)
    .option("--strengths <list>", "strengths of the main LoRA in turn, such as 0,0.5,1", numbers)
    .option("--strip", "one seed at strengths 0, 0.25 … 1.5 of the main LoRA, as a sheet")
    .option("--negative <text>", "what is not to be seen")
    .option("--seed <seed>", "of the first picture of a prompt; the next have the next", whole)
    .option("--images <count>", "pictures per prompt", whole)
    .option("--steps <count>", "sampling steps", whole)
    .option("--guidance <scale>", "classifier-free guidance", number)
    .option("--sampler <name>", "as the backend calls it")
    .option("--scheduler <name>", "as the backend calls it")
    .option("--size <WxH>", "pixels, such as 1024x768", size)
    .option("--model <family[/variant]>", "such as sdxl or flux/schnell; default: the LoRA's", model)
    .option("--checkpoint <file>", "the model's file as the backend lists it")
    .option("--kind <kind>", "such as image-to-video; default: as the files that go in suggest")
    .option("--image <file>", "picture to start from; repeated: one after the other", collect)
    .option("--mask <file>", "white where the picture is drawn anew")
    .option("--denoise <share>", "0 keeps the picture or clip, 1 draws a new one", number)
    .option(
      "--control <type=file[:strength]>",
      "canny, openpose, depth, lineart, or none for a control picture; may be repeated",
      controls,
    )
    .option("--image-prompt <file[:strength]>", "picture that says what words cannot; may be repeated", guides)
    .option("--first <file>", "first frame of a clip")
    .option("--last <file>", "last frame of a clip")
    .option("--audio <file>", "speech that the person in the picture says")
    .option("--driving <file>", "clip whose movement is taken")
    .option("--clip <file>", "clip to draw anew; repeated: one after the other", collect)
    .option("--fps <rate>", "frames per second", number)
    .option("--frames <count>", "length of a clip", whole)
    .option("--upscale [scale]", "enlarge a picture; with a prompt: draw it and enlarge what was drawn", number)
    .option("--vary <field=a,b>", "give a field several values in turn, such as steps=10,20", pairs)
    .option("--wildcard <name=a|b>", "what __name__ in a prompt stands for; or a .txt file of lines", pairs)
    .option("--combine <how>", "random (by the seed) or all combinations of wildcards")
    .option("--grid", "also one labelled sheet of all pictures")
    .option("--backend <name>", "default: the first that can do it")
    .option("--format <format>", "png, webp, jpeg or avif; mp4, webm or webp for clips")
    .option("--private", "leave out of the files how they were made")
    .option("--on-lora-failure <policy>", "fail, or fallback: words stand in for a LoRA that cannot be loaded")
    .option(
      "--mode <mode>",
      "auto: what is left open is chosen; assisted: look at what is recommended and edit it first; manual: nothing is chosen",
      mode,
    )
    .option("--accept", "with --mode assisted: take what is recommended as it is")
    .option("--budget <usd>", "hard limit of the cost in US dollars", number);
}

function whole(text: string): number {
  const value = number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("expected a whole number from 0");
  return value;
}

function mode(text: string): "auto" | "assisted" | "manual" {
  if (text !== "auto" && text !== "assisted" && text !== "manual") {
    throw new InvalidArgumentError("expected auto, assisted or manual");
  }
  return text;
}

/** The strength is behind the last colon, where what is there is a number; an address may end with its port. */
function withStrength(text: string): readonly [what: string, strength?: number] {
  const [, what, strength] = text.match(/^(.+):(\d*\.?\d+)$/) ?? [];
  return what === undefined || /^https?:\/\/[^/]*$/i.test(what) ? [text] : [what, Number(strength)];
}

function loras(text: string, before: readonly LoraOption[] = []): LoraOption[] {
  const [lora, strength] = withStrength(text);
  return [...before, strength === undefined ? { lora } : { lora, strength }];
}

function guides(text: string, before: readonly GuideOption[] = []): GuideOption[] {
  const [image, strength] = withStrength(text);
  return [...before, strength === undefined ? { image } : { image, strength }];
}

function controls(text: string, before: readonly ControlOption[] = []): ControlOption[] {
  const [[preprocessor, file] = ["", ""]] = pairs(text);
  const [guide = { image: file }] = guides(file);
  return [...before, { preprocessor, ...guide }];
}

function pairs(text: string, before: readonly Pair[] = []): Pair[] {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError("expected name=value");
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
}

function size(text: string): { width: number; height: number } {
  const [, width, height] = text.match(/^(\d+)[x×](\d+)$/i) ?? [];
  if (width === undefined) throw new InvalidArgumentError("expected width and height, such as 1024x768");
  return { width: Number(width), height: Number(height) };
}

function model(text: string): { family: string; variant?: string } {
  const [family = "", variant] = text.split("/");
  return { family, ...(variant === undefined ? {} : { variant }) };
}
