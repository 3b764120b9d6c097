import type { LoraMaking, StoredLora, StoredModel } from "@loramill/contracts";
import type { KnownLora } from "./stored-inputs.ts";

type Made = LoraMaking["from"];

/** The LoRAs that went into something, for its lineage. */
export function madeFromLoras(from: readonly StoredLora[], loras: readonly KnownLora[]): Made {
  return from.map(({ document, weight, blocks }, at) => ({
    name: loras[at]?.name ?? "",
    weights: loras[at]?.document.weights.sha256 ?? "",
    ...{ document, weight },
    ...(blocks === undefined ? {} : { blocks }),
  }));
}

/** A model that went into something; −1 is one that was taken away. */
export function madeFromModel({ model, sha256 }: StoredModel, weight: 1 | -1): Made[number] {
  return { name: model, weights: sha256, document: null, weight };
}
