import { digitsOf, listOf, numberOf, parseRecord, recordOf, textOf } from "../json.ts";
import { takeLoraTags } from "../lora-tags.ts";
import { type Parameters, readParameters } from "../parameters.ts";
import { plainFileName, type Reading, type ReadLora } from "../reading.ts";

/** Settings that a reading has a place for. */
const PLACED = new Set([
  ...["Steps", "Sampler", "Schedule type", "CFG scale", "Seed", "Size", "Model", "Model hash", "Denoising strength"],
  ...["Clip skip", "Lora hashes", "Hashes"],
]);

/** The text that A1111 and what follows it (Forge, SD.Next, sites) write; null where it is empty. */
export function readA1111(text: string): Reading | null {
  const parameters = readParameters(text);
  const { settings, negativePrompt } = parameters;
  const { prompt, loras } = takeLoraTags(parameters.prompt);
  if (prompt === "" && negativePrompt === "" && Object.keys(settings).length === 0) return null;
  const [, width, height] = /^(\d{1,6})x(\d{1,6})$/.exec(settings.Size ?? "") ?? [];
  return {
    tool: "a1111",
    prompt,
    negativePrompt,
    settings: {
      seed: digitsOf(settings.Seed),
      steps: numberOf(settings.Steps),
      guidance: numberOf(settings["CFG scale"]),
      sampler: textOf(settings.Sampler),
      scheduler: textOf(settings["Schedule type"]),
      width: numberOf(width),
      height: numberOf(height),
      denoisingStrength: numberOf(settings["Denoising strength"]),
      clipSkip: numberOf(settings["Clip skip"]),
    },
    model: modelOf(settings),
    loras: withHashes(loras, settings),
    other: Object.fromEntries(Object.entries(settings).filter(([key]) => !PLACED.has(key))),
  };
}

function modelOf(settings: Parameters["settings"]): Reading["model"] {
  const resource = resourcesOf(settings).find(({ kind }) => kind === "checkpoint");
  const name = textOf(settings.Model) ?? resource?.name ?? null;
  const hash = textOf(settings["Model hash"]) ?? textOf(recordOf(parseRecord(settings.Hashes)).model);
  return name === null && hash === null ? null : { name: name === null ? null : plainFileName(name), hash };
}

/** LoRAs by their tags, then those that only a list of hashes or a site's list of resources names. */
function withHashes(tags: readonly Omit<ReadLora, "hash">[], settings: Parameters["settings"]): ReadLora[] {
  const hashes = new Map<string, string>();
  for (const [key, hash] of Object.entries(recordOf(parseRecord(settings.Hashes)))) {
    if (key.startsWith("lora:") && typeof hash === "string") hashes.set(key.slice("lora:".length), hash);
  }
  for (const pair of (settings["Lora hashes"] ?? "").split(",")) {
    const colon = pair.lastIndexOf(":");
    const [name, hash] = [pair.slice(0, Math.max(0, colon)).trim(), pair.slice(colon + 1).trim()];
    if (name !== "" && hash !== "") hashes.set(name, hash);
  }
  const loras = tags.map((tag) => ({ ...tag, name: plainFileName(tag.name), hash: hashes.get(tag.name) ?? null }));
  const named = new Set(tags.map(({ name }) => name));
  for (const [name, hash] of hashes) {
    if (!named.has(name)) loras.push({ name: plainFileName(name), weight: null, hash });
  }
  // A site lists the same LoRAs under its own numbers: nothing says which is which.
  if (loras.length > 0) return loras;
  return resourcesOf(settings)
    .filter(({ kind }) => kind === "lora" || kind === "lycoris")
    .map(({ name, weight }) => ({ name, weight, hash: null }));
}

/** What Civitai lists; an `air` such as `urn:air:sdxl:lora:civitai:ID@VERSION` tells the kind where nothing else does. */
function resourcesOf(settings: Parameters["settings"]) {
  const { list } = recordOf(parseRecord(`{"list":${settings["Civitai resources"] ?? "[]"}}`));
  return listOf(list).map((given) => {
    const { type, modelName, air, modelVersionId, weight } = recordOf(given);
    return {
      kind: textOf(type) ?? /^urn:air:[^:]*:([^:]*)/.exec(textOf(air) ?? "")?.[1],
      name: textOf(modelName) ?? textOf(air) ?? `civitai:${digitsOf(modelVersionId) ?? "?"}`,
      weight: numberOf(weight),
    };
  });
}
