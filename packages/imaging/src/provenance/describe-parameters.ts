import { addLoraTags, tagName } from "./lora-tags.ts";
import type { Parameters } from "./parameters.ts";

/** How a picture was made, by its names here; a generation's record has at least the first eight. */
export interface PictureFacts {
  readonly prompt: string;
  readonly negativePrompt: string;
  /** A seed of 64 bits is text. */
  readonly seed: number | string;
  readonly steps: number;
  readonly guidance: number;
  readonly sampler: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly baseModel: string;
  readonly loras: readonly {
    readonly name: string;
    readonly strength: number;
    /** SHA-256 over the tensors alone, in hexadecimal; tools know a LoRA by its first 12 digits. */
    readonly tensorsSha256: string;
  }[];
  readonly scheduler?: string | undefined;
  /** SHA-256 of the model's file, in hexadecimal; tools know it by its first 10 digits. */
  readonly baseModelSha256?: string | undefined;
  readonly vae?: string | undefined;
  /** 0 to 1, where a given picture was drawn over. */
  readonly denoisingStrength?: number | undefined;
  readonly clipSkip?: number | undefined;
  /** More settings under A1111's names, such as `Hires upscale`; letters, digits, spaces, dashes, slashes. */
  readonly extras?: Readonly<Record<string, string>> | undefined;
}

/**
 * The facts in the words and the order of AUTOMATIC1111's web UI: LoRAs as tags behind the prompt and, so that a tool
 * can tell which file was meant, with the beginning of their tensors' hash.
 */
export function describeParameters(facts: PictureFacts, software: string): Parameters {
  const { baseModelSha256, clipSkip } = facts;
  const modelHash = baseModelSha256?.slice(0, 10) ?? "";
  // A name of nothing but separators cannot be said in this text.
  const loras = facts.loras.map((lora) => ({ ...lora, name: tagName(lora.name) })).filter(({ name }) => name !== "");
  const hashes = loras.map(({ name, tensorsSha256 }) => [name, tensorsSha256.slice(0, 12)] as const);
  const all = [
    ...(modelHash === "" ? [] : [["model", modelHash] as const]),
    ...hashes.map(([name, hash]) => [`lora:${name}`, hash] as const),
  ];
  return {
    prompt: addLoraTags(facts.prompt, loras),
    negativePrompt: facts.negativePrompt,
    settings: {
      Steps: `${facts.steps}`,
      Sampler: facts.sampler,
      "Schedule type": facts.scheduler ?? "",
      "CFG scale": `${facts.guidance}`,
      Seed: `${facts.seed}`,
      Size: `${facts.width}x${facts.height}`,
      "Model hash": modelHash,
      Model: facts.baseModel,
      VAE: facts.vae ?? "",
      "Denoising strength": facts.denoisingStrength === undefined ? "" : `${facts.denoisingStrength}`,
      // 1 is what every reader takes for granted.
      "Clip skip": clipSkip === undefined || clipSkip <= 1 ? "" : `${clipSkip}`,
      ...facts.extras,
      "Lora hashes": hashes.map(([name, hash]) => `${name}: ${hash}`).join(", "),
      Hashes: all.length === 0 ? "" : JSON.stringify(Object.fromEntries(all)),
      Version: software,
    },
  };
}
