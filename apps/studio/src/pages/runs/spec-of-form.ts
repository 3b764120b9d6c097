import type { RunSpecInput } from "@loramill/contracts";
import type { NamedSource } from "./picture-source.ts";

/** What a person says of pictures, to have a LoRA made of them; the fields of `loramill run FOLDER`. */
export interface PicturesForm {
  readonly source: NamedSource;
  readonly name: string;
  readonly project: string;
  readonly triggerWord: string;
  readonly className: string;
  /** One per line; none: a photo of the subject. */
  readonly prompts: string;
  readonly budgetUsd: string;
}

/** The spec of such a run: captions, a LoRA, and four pictures of each prompt with and without it. */
export function specOfForm(form: PicturesForm): RunSpecInput {
  const subject = form.triggerWord || form.className || form.name;
  const prompts = form.prompts
    .split("\n")
    .map((prompt) => prompt.trim())
    .filter(Boolean);
  return {
    name: form.name,
    ...(form.project ? { project: form.project } : {}),
    dataset: { sources: [form.source] },
    caption: {
      ...(form.triggerWord ? { triggerWord: form.triggerWord } : {}),
      ...(form.className ? { className: form.className } : {}),
    },
    train: {},
    generate: {
      prompts: prompts.length > 0 ? prompts : [`a photo of ${subject}`],
      imagesPerPrompt: 4,
      strengths: [0, 0.8],
      grid: true,
    },
    ...(form.budgetUsd ? { budgetUsd: Number(form.budgetUsd) } : {}),
  };
}
