import type { LoraDocument, LoraMaking, StoredLora, StoredModel } from "@loramill/contracts";
import type { KnownLora } from "./stored-inputs.ts";

type Made = LoraMaking["from"];

/** The LoRAs that went into something, for its lineage. */
export const madeFromLoras = (from: readonly StoredLora[], loras: readonly KnownLora[]): Made =>
  madeFromDocuments(
    from,
    loras.map(({ document }) => document),
  );

/** The same by their documents; of a pair, `weights` is its first file. */
export function madeFromDocuments(from: readonly StoredLora[], documents: readonly LoraDocument[]): Made {
  return from.map(({ document, weight, blocks }, at) => ({
    name: documents[at]?.name ?? "",
    weights: documents[at]?.weights.sha256 ?? "",
    ...{ document, weight },
    ...(blocks === undefined ? {} : { blocks }),
  }));
}

/** A model that went into something; −1 is one that was taken away. */
export function madeFromModel({ model, sha256 }: StoredModel, weight: 1 | -1): Made[number] {
  return { name: model, weights: sha256, document: null, weight };
}
