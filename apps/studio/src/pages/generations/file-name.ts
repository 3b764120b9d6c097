import type { GenerationSummary } from "@loramill/contracts";

/** What a generation's file is called when it is saved: its place in its run, its first words, its seed and its type. */
export function fileNameOf({ index, prompt, kind, seed, file }: GenerationSummary): string {
  const words = prompt
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .slice(0, 40)
    .replace(/^-|-$/g, "");
  const type = file.mediaType.split("/")[1] ?? "png";
  return [`${index}`.padStart(4, "0"), words || kind, ...(words ? [`seed${seed}`] : [])].join("-").concat(`.${type}`);
}
