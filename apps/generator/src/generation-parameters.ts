import type { Generation } from "@loramill/contracts";
import type { Parameters } from "@loramill/imaging";

/**
 * How a picture was made in the words of AUTOMATIC1111's web UI: LoRAs as tags behind the prompt and, so that a tool can
 * tell which file was meant, with the beginning of their tensors' hash.
 */
export function generationParameters(generation: Generation, version: string): Parameters {
  const { prompt, negativePrompt, loras } = generation;
  const tags = loras.map(({ name, strength }) => `<lora:${plainName(name)}:${strength}>`);
  const hashes = loras.map(({ name, tensorsSha256 }) => `${plainName(name)}: ${tensorsSha256.slice(0, 12)}`);
  return {
    prompt: [prompt, ...tags].join(" "),
    negativePrompt,
    settings: {
      Steps: `${generation.steps}`,
      Sampler: generation.sampler,
      "CFG scale": `${generation.guidance}`,
      Seed: `${generation.seed}`,
      Size: `${generation.width}x${generation.height}`,
      Model: generation.baseModel,
      "Lora hashes": hashes.join(", "),
      Version: version,
    },
  };
}

/** Names in tags and hash lists cannot hold the characters that separate them. */
function plainName(name: string): string {
  return name.replace(/[:,<>]/g, "");
}
