import type { ContentFacts } from "@loramill/contracts";
import { tidy } from "./clean-caption.ts";
import { isCameraText } from "./describe-caption.ts";
import { mentions } from "./phrases.ts";

/**
 * What was written into the file: title, description (of a generated picture its prompt) and keywords, each said once.
 * Empty where there is nothing, or only what cameras write.
 */
export function metadataCaption(content: Pick<ContentFacts, "title" | "description" | "keywords">): string {
  const texts = [content.title, content.description].map((text) => plainPrompt(text ?? ""));
  const parts: string[] = [];
  for (const text of [...texts, ...content.keywords.map((word) => word.trim())]) {
    if (text.length < 2 || isCameraText(text) || mentions(parts.join(", "), text)) continue;
    parts.push(text);
  }
  return parts.join(", ");
}

/**
 * A prompt without what only samplers read: `<lora:x:1>` and other angle brackets, weights as `(word:1.2)`, brackets that
 * raise and lower weights, `BREAK` and `AND`, and words of quality that say nothing about the picture.
 */
export function plainPrompt(prompt: string): string {
  const text = prompt
    .slice(0, 4096)
    .replace(/<[^<>]{1,200}>/g, " ")
    .replace(/\b(?:BREAK|AND)\b/g, ",")
    .replace(/[([]+([^()[\]:]*?)\s*:\s*-?\d*\.?\d+\s*[)\]]+/g, "$1")
    .replace(/\\([()[\]])|[()[\]{}]/g, (_, escaped: string | undefined) => escaped ?? "");
  const parts = text.split(/\s*[,\n]\s*/).filter((part) => part.trim() !== "" && !QUALITY.test(part.trim()));
  return tidy(parts.join(", "));
}

const QUALITY =
  /^(?:(?:absurd|very )?high ?res(?:olution)?|absurdres|(?:ultra |best |high |highest |top |amazing )?quality|masterpiece|best quality|(?:ultra |highly |insanely |extremely )?detailed|[48]k(?: uhd)?|uhd|hdr|raw photo|award[- ]winning|trending on artstation|sharp focus|intricate details?|score_\d+(?:_up)?|newest|very aesthetic)$/i;
