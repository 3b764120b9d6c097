import { type GenerationFamily, PermanentError } from "@loramill/contracts";
import type { Endpoint } from "../../vision/endpoint.ts";
import { type ModelInputs, readModelInputs } from "./model-inputs.ts";

/** A model of Replicate at one version: what it takes and what it draws stay the same. */
export interface PinnedModel {
  readonly family: GenerationFamily;
  /** `owner/name`. */
  readonly name: string;
  readonly version: string;
}

export interface KnownModels {
  /** What a model takes, as it publishes it; asked for once. PermanentError `unknown-model`. */
  inputs(model: PinnedModel, signal?: AbortSignal): Promise<ModelInputs>;
  /** The same if it was asked for before. */
  peek(model: PinnedModel): ModelInputs | null;
}

const SCHEMA_BYTES = 4 * 1024 * 1024;

export function createKnownModels(endpoint: Endpoint, base: string): KnownModels {
  const known = new Map<string, ModelInputs>();
  return {
    async inputs({ name, version }, signal) {
      const found = known.get(version);
      if (found !== undefined) return found;
      const url = `${base}/models/${name}/versions/${version}`;
      const inputs = readModelInputs(await endpoint.ask({ url, maxBytes: SCHEMA_BYTES, signal }));
      if (inputs === null || !Object.hasOwn(inputs.properties, "prompt")) {
        throw new PermanentError(
          `Replicate's ${name} at ${version.slice(0, 8)} takes no prompt: choose a model that draws in REPLICATE_GENERATION_MODELS`,
          { code: "unknown-model" },
        );
      }
      known.set(version, inputs);
      return inputs;
    },
    peek: ({ version }) => known.get(version) ?? null,
  };
}
