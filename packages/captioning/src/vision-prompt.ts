import type { CaptionStyle } from "@loramill/contracts";

/** The words that are sent to a vision model beside the picture. */
export interface VisionPrompt {
  readonly system: string;
  readonly user: string;
}

/**
 * Asks for one plain description that trains well: what changes between pictures is named, what the trigger word is to
 * stand for is only called by its class.
 */
export function visionPrompt(style: Pick<CaptionStyle, "className" | "triggerWord" | "maxWords">): VisionPrompt {
  const words = Math.max(8, Math.min(style.maxWords, 120) - 10);
  const subject = style.className?.trim();
  const lines = [
    `Write a descriptive caption for this image in at most ${words} words.`,
    subject
      ? `The main subject is a ${subject}: call it "the ${subject}" and do not describe the traits that never change.`
      : "Name the main subject first.",
    "Then name pose or action, surroundings, background, colours, light, camera angle and framing, as far as they can be seen.",
    "Answer with the caption alone: one plain sentence or a list separated by commas, no introduction, no guesses, no quotes.",
  ];
  return { system: "You are a helpful image captioner.", user: lines.join(" ") };
}
