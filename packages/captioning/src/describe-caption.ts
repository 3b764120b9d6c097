import type { CaptionStyle, ContentFacts, PreparedImage, QualityFacts } from "@loramill/contracts";
import { colourName } from "./colour-names.ts";
import { fileWords, folderWords } from "./path-words.ts";
import { joinWithAnd, mentions, withArticle } from "./phrases.ts";

export type DescribedImage = Pick<PreparedImage, "path" | "content" | "quality" | "prepared">;

/** Texts that cameras write into the description field of every picture. */
const CAMERA_TEXT =
  /^(?:olympus|samsung|sony|default|digital|dcim|exif|minolta|kodak|picasa|created with|screenshot|image)\b|^\W*$/i;

export const isCameraText = (text: string): boolean => CAMERA_TEXT.test(text);

/**
 * A natural sentence from what is known of a picture without a model: its class, EXIF/IPTC texts, folder and file
 * names, dominant colours, background, light and focus. Says nothing that was not measured or written down.
 */
export function describeCaption(image: DescribedImage, style: Pick<CaptionStyle, "className">): string {
  const texts = writtenTexts(image.content);
  const className = style.className?.trim();
  const named = className || folderWords(image.path) || fileWords(image.path);
  const subject = named ? withArticle(named) : (texts.shift() ?? "a picture");
  const parts = [subject];
  for (const text of texts) if (!mentions(parts.join(", "), text)) parts.push(text);
  const background = plainBackground(image.content);
  const tones = toneNames(image.content, background);
  const isColourless = image.quality.colourfulness < 4;
  if (isColourless) parts.push("black and white");
  else if (tones.length > 0) parts.push(`${joinWithAnd(tones)} tones`);
  if (background !== null) parts.push(`on a plain ${background} background`);
  parts.push(...lightWords(image.quality));
  if (image.quality.sharpness < 0.15) parts.push("soft focus");
  const aspect = image.prepared.width / image.prepared.height;
  if (aspect >= 1.5) parts.push("wide view");
  else if (aspect <= 1 / 1.5) parts.push("tall view");
  return parts.join(", ");
}

function writtenTexts(content: ContentFacts): string[] {
  const first = [content.title, content.description?.split(/(?<=[.!?])\s/, 1)[0]]
    .map((text) => text?.replace(/\s+/g, " ").trim() ?? "")
    .filter((text) => text.length > 2 && !isCameraText(text));
  return [...new Set([...first, ...content.keywords.slice(0, 6).map((word) => word.trim().toLowerCase())])];
}

/** A border that is mostly one colour. */
function plainBackground(content: ContentFacts): string | null {
  const { background } = content;
  return background !== null && background.share >= 0.6 ? colourName(background.rgb) : null;
}

/** Up to three colours that matter, without the background's. */
function toneNames(content: ContentFacts, background: string | null): string[] {
  const names = content.palette.filter(({ share }) => share >= 0.08).map(({ rgb }) => colourName(rgb));
  return [...new Set(names)].filter((name) => name !== background).slice(0, 3);
}

function lightWords(quality: QualityFacts): string[] {
  const words: string[] = [];
  if (quality.brightness < 70) words.push("dark");
  else if (quality.brightness > 180) words.push("bright");
  if (quality.contrast < 50) words.push("low contrast");
  else if (quality.contrast > 215) words.push("high contrast");
  if (quality.colourfulness > 75) words.push("vivid colors");
  return words;
}
