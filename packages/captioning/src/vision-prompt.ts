import type { CaptionStyle } from "@loramill/contracts";
import { recipeRules } from "./caption-recipes.ts";

/** The words that are sent to a vision model beside the picture. */
export interface VisionPrompt {
  readonly system: string;
  readonly user: string;
}

type AskedStyle = Pick<CaptionStyle, "className" | "maxWords"> &
  Partial<Pick<CaptionStyle, "recipe" | "form" | "prompt">>;

/**
 * Asks for one plain description that trains well: what changes between pictures is named, what the trigger word is to
 * stand for is only called by its class. A prompt of the style's own is sent as it is.
 */
export function visionPrompt(style: AskedStyle): VisionPrompt {
  return { system: "You are a helpful image captioner.", user: style.prompt?.trim() || ourPrompt(style) };
}

function ourPrompt({ className, maxWords, recipe, form }: AskedStyle): string {
  const words = Math.max(8, Math.min(maxWords, 120) - 10);
  const subject = className?.trim() ?? "";
  const lines = [
    form === "tags"
      ? `Write a list of at most ${Math.ceil(words / 2)} short tags for this image, the most important first, separated by commas.`
      : `Write a descriptive caption for this image in at most ${words} words.`,
    ...(recipe === undefined ? asked(subject) : recipeRules(recipe).ask(subject || "subject")),
    form === "tags"
      ? "Answer with the tags alone, in lower case: no sentences, no introduction, no guesses, no quotes."
      : "Answer with the caption alone: one plain sentence or a list separated by commas, no introduction, no guesses, no quotes.",
  ];
  return lines.join(" ");
}

function asked(subject: string): string[] {
  return [
    subject
      ? `The main subject is a ${subject}: call it "the ${subject}" and do not describe the traits that never change.`
      : "Name the main subject first.",
    "Then name pose or action, surroundings, background, colours, light, camera angle and framing, as far as they can be seen.",
  ];
}
