import type { RunSpecInput } from "@loramill/contracts";
import { type LoraRow, nameOfPrompt } from "../generate/generate-form.ts";

export const videoKinds = ["text-to-video", "image-to-video", "restyle-clip", "interpolate", "smooth-clip"] as const;
export type VideoKind = (typeof videoKinds)[number];

/** What the Video page asks for, as it is being typed; files are named as requests name them, empty where there is none. */
export interface VideoForm {
  readonly kind: VideoKind;
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly loras: readonly LoraRow[];
  readonly seed: string;
  readonly steps: string;
  readonly guidance: string;
  readonly family: string;
  readonly width: string;
  readonly height: string;
  readonly frames: string;
  readonly fps: string;
  readonly first: string;
  readonly last: string;
  readonly clip: string;
  readonly denoise: string;
  readonly chunkFrames: string;
  readonly method: string;
  readonly multiplier: string;
  readonly smoothing: string;
  readonly windowFrames: string;
  readonly deflicker: boolean;
  readonly format: string;
  readonly backend: string;
}

export const emptyVideoForm: VideoForm = {
  kind: "restyle-clip",
  prompt: "",
  negativePrompt: "",
  loras: [],
  seed: "1",
  steps: "",
  guidance: "",
  family: "",
  width: "",
  height: "",
  frames: "",
  fps: "",
  first: "",
  last: "",
  clip: "",
  denoise: "0.4",
  chunkFrames: "16",
  method: "motion",
  multiplier: "2",
  smoothing: "0.5",
  windowFrames: "5",
  deflicker: true,
  format: "mp4",
  backend: "auto",
};

/** Whether a model draws it from a prompt. */
export const isDrawnKind = (kind: VideoKind): boolean => kind !== "interpolate" && kind !== "smooth-clip";

/** What is missing before it can be asked for, in words; null where nothing is. */
export function lackOf({ kind, prompt, first, last, clip }: VideoForm): string | null {
  if (kind === "image-to-video" && first === "" && last === "") return "Choose a first frame, a last one, or both.";
  if ((kind === "restyle-clip" || !isDrawnKind(kind)) && clip === "") return "Choose the clip that goes in.";
  return isDrawnKind(kind) && prompt.trim() === "" ? "Say what it shows." : null;
}

/** The run that makes what the form asks for; what cannot be read of it is left to the check of the spec. */
export function specOfVideoForm(form: VideoForm, project: string | null): RunSpecInput {
  const { kind, prompt, negativePrompt, seed, backend, loras } = form;
  const [main] = loras;
  const request = { kind, ...fieldsOf(form), output: { format: form.format } } as NonNullable<
    NonNullable<RunSpecInput["generate"]>["request"]
  >;
  return {
    name: nameOfPrompt(isDrawnKind(kind) ? prompt : kind),
    ...(project === null ? {} : { project }),
    generate: {
      request,
      backend: backend as "auto",
      ...(isDrawnKind(kind)
        ? {
            mode: "manual",
            prompts: [prompt.trim()],
            ...(negativePrompt.trim() === "" ? {} : { negativePrompt }),
            seeds: [Number(seed)],
            ...(main === undefined ? {} : { lora: main.lora, strengths: [Number(main.strength)] }),
          }
        : {}),
    },
  };
}

function fieldsOf(form: VideoForm): object {
  const { kind, clip, first, last } = form;
  if (kind === "interpolate")
    return { clip, method: form.method, ...numbers({ multiplier: form.multiplier, fps: form.fps }) };
  if (kind === "smooth-clip") {
    const { smoothing: strength, windowFrames, deflicker } = form;
    return { clip, deflicker, ...numbers({ strength, windowFrames }) };
  }
  const [, ...others] = form.loras;
  const drawn = {
    ...(form.family === "" ? {} : { model: { family: form.family } }),
    loras: others.map(({ lora, strength }) => ({ lora, strength: Number(strength) })),
    sampling: numbers({ steps: form.steps, guidance: form.guidance }),
    ...numbers({ width: form.width, height: form.height }),
  };
  if (kind === "restyle-clip")
    return { ...drawn, clip, ...numbers({ denoise: form.denoise, chunkFrames: form.chunkFrames }) };
  const length = numbers({ frames: form.frames, fps: form.fps });
  if (kind === "text-to-video") return { ...drawn, ...length };
  return { ...drawn, ...length, ...(first === "" ? {} : { first }), ...(last === "" ? {} : { last }) };
}

/** Those that somebody filled in. */
function numbers(fields: Readonly<Record<string, string>>): Record<string, number> {
  const filled = Object.entries(fields).filter(([, text]) => text.trim() !== "");
  return Object.fromEntries(filled.map(([name, text]) => [name, Number(text)]));
}
