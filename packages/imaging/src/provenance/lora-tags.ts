import type { ReadLora } from "./reading.ts";

/** `<lora:name:weight>`, also with a weight of the text encoder behind it or with names before the numbers. */
const TAG = /[ \t]?<(?:lora|lyco|lycoris):([^<>:\n]{1,256})((?::[^<>:\n]{0,64}){0,8})>/g;

/** Prompt and LoRAs of a text that has them as tags. */
export function takeLoraTags(text: string): {
  readonly prompt: string;
  readonly loras: readonly Omit<ReadLora, "hash">[];
} {
  const loras: Omit<ReadLora, "hash">[] = [];
  const prompt = text.replace(TAG, (_tag, name: string, rest: string) => {
    const parts = rest.split(":").slice(1);
    const weight = parts.find((part) => /^unet=/i.test(part))?.slice("unet=".length) ?? parts[0] ?? "1";
    loras.push({
      name: name.trim(),
      weight: Number.isFinite(Number.parseFloat(weight)) ? Number.parseFloat(weight) : null,
    });
    return "";
  });
  return { prompt: prompt.trim(), loras };
}

/** Names in tags and lists of hashes cannot hold what separates them. */
export function tagName(name: string): string {
  return name.replace(/[:,<>\p{Cc}]/gu, "").trim();
}

/** A text with the tags behind it, where A1111 finds them. */
export function addLoraTags(
  prompt: string,
  loras: readonly { readonly name: string; readonly strength: number }[],
): string {
  return [prompt, ...loras.map(({ name, strength }) => `<lora:${name}:${strength}>`)].join(" ").trimStart();
}
