import type { RunSpecInput } from "@loramill/contracts";

/** Pictures of each folder that are kept, and so captioned. */
export const PICTURES = 12;

/** Captions of a run cost about 0.008 US dollars, and nothing else does: with the one all of them are paid, with the other some are. */
const BUDGETS_USD = { enough: 0.02, tight: 0.004 } as const;

const drawing = {
  ...{ prompts: ["a thing", "a thing at night"], seeds: [1, 2], strengths: [1], steps: 4 },
  ...{ width: 64, height: 64 },
};

/** The whole way: pictures, captions for money, a LoRA, and pictures drawn with it. Equal numbers ask for the same. */
export function wholeWay(what: number, folders: readonly string[]): RunSpecInput {
  return {
    name: `soak-${what}`,
    dataset: {
      name: `pictures-${what}`,
      sources: [{ type: "folder", path: folders[what % folders.length] ?? "" }],
      prepare: { resolution: 64 + 8 * (what % 5) },
      cleaning: { minSidePixels: 32 },
    },
    caption: { provider: "openai", className: `thing${what}` },
    train: { recipe: { steps: 12, batchSize: 2, saveEverySteps: 4, warmupSteps: 2, rank: 2, alpha: 2, seed: what } },
    generate: drawing,
    ...(what % 4 === 0 ? { budgetUsd: what % 8 === 0 ? BUDGETS_USD.enough : BUDGETS_USD.tight } : {}),
  };
}

/** Two LoRAs of the library are merged, and draw; or one is cut to a smaller rank; or they are compared. */
export function withLoras(n: number, [a, b]: readonly [string, string]): RunSpecInput {
  const both = [{ lora: a }, { lora: b, weight: (n % 7) / 7 }];
  switch (n % 3) {
    case 0:
      return { name: `merged-${n}`, lora: { from: both, operation: { kind: "merge" } }, generate: drawing };
    case 1:
      return {
        name: `small-${n}`,
        lora: { from: [{ lora: a }], operation: { kind: "resize", rule: { kind: "fixed", rank: 1 } } },
      };
    default:
      return { name: `alike-${n}`, lora: { from: both, operation: { kind: "compare" } } };
  }
}
