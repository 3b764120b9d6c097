import { canonicalJson, type LoraOperation } from "@loramill/contracts";
import type { AdapterOutline } from "../adapters/adapter.ts";
import { carryMetadata } from "../metadata/carry-metadata.ts";

export interface MadeFrom {
  readonly name: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly weight: number;
  readonly blocks?: string | undefined;
}

/** Of the bytes or the training of one file, and not true of another that was made of it. */
const OUTDATED = /^(?:modelspec\.thumbnail$|ss_output_name$|ss_network_(?:dim|alpha)$)/;
/** What a merge keeps of its first LoRA: the model that it is for. */
const OF_THE_MODEL =
  /^(?:modelspec\.(?:sai_model_spec|architecture|resolution|prediction_type|timestep_range)|ss_base_model_version|ss_v2|ss_sd_model_name|ss_sd_model_hash|loramill\.base_model(?:_digest)?)$/;

/**
 * What a LoRA made of others says about itself: the model it is for, its own ranks, ModelSpec's `merged_from`, and under
 * `loramill.made` the operation with the names and weights of what went in. A LoRA made of one keeps how that one was trained.
 */
export function madeMetadata(
  name: string,
  operation: LoraOperation,
  from: readonly MadeFrom[],
  adapters: readonly Pick<AdapterOutline, "kind" | "rank">[],
): Record<string, string> {
  const [first] = from;
  const isKept = from.length === 1 ? (key: string) => !OUTDATED.test(key) : (key: string) => OF_THE_MODEL.test(key);
  const ranks = new Set(adapters.filter(({ kind }) => kind === "lora").map(({ rank }) => rank));
  const triggers = from
    .map(({ metadata }) => metadata.get("modelspec.trigger_phrase"))
    .filter((text) => text !== undefined);
  const made = {
    operation,
    from: from.map(({ name: of, weight, blocks }) => ({
      name: of,
      weight,
      ...(blocks === undefined ? {} : { blocks }),
    })),
  };
  return {
    ...Object.fromEntries(Object.entries(carryMetadata(first?.metadata ?? new Map())).filter(([key]) => isKept(key))),
    "modelspec.title": name,
    ...(triggers.length === 0 ? {} : { "modelspec.trigger_phrase": triggers.join(", ") }),
    ...(from.length === 1 ? {} : { "modelspec.merged_from": from.map((input) => input.name).join(", ") }),
    ss_output_name: name,
    ss_network_module: first?.metadata.get("ss_network_module") ?? "networks.lora",
    // As kohya's own tools write it when ranks differ.
    ss_network_dim: ranks.size === 1 ? String([...ranks][0]) : "Dynamic",
    ss_network_alpha: ranks.size === 1 ? String([...ranks][0]) : "Dynamic",
    "loramill.made": canonicalJson(made),
  };
}
