import { type AgentGrants, AgentStart, neutralRecipe, sha256Hex } from "@loramill/contracts";

/** A training of ten steps from one picture, whose bytes are `picture`. */
export function onePicture(grants: AgentGrants): AgentStart {
  return AgentStart.parse({
    ...{ epoch: 1, leaseSeconds: 300, marker: "one", request: sha256Hex("one"), lineage: sha256Hex("one") },
    trainer: "sd-scripts",
    recipe: {
      ...{ ...neutralRecipe, family: "sdxl", baseModel: "base", rank: 4, alpha: 4, learningRate: 1e-4 },
      ...{ scheduler: "constant", steps: 10, batchSize: 1, resolution: 512, saveEverySteps: 5, seed: 1 },
    },
    images: [{ sha256: sha256Hex("picture"), bytes: 7, mediaType: "image/png", width: 8, height: 8, caption: "a" }],
    ...{ regularisationImages: [], models: [], resume: null, grants },
  });
}
