import { canonicalJson, gridItem, gridSize, RunSpec } from "@loramill/contracts";
import { type GenerationChoice, type PlanContext, plan } from "@loramill/orchestration";

/**
 * A planner's process from start to end: plans as many generations as asked, each with a prompt of its own, from the text
 * of the spec to the text of the lock, and writes `{seconds, peakBytes}`.
 */
const [count = "0"] = process.argv.slice(2);
const generations = Number(count);
const backend: GenerationChoice = {
  name: "comfyui",
  version: "bench",
  available: true,
  message: "draws nothing",
  capabilities: {
    kinds: ["text-to-image"],
    families: ["sdxl"],
    loraFamilies: ["sdxl"],
    maxLoras: 8,
    maxSidePixels: 4096,
    sideStep: 8,
    itemsPerJob: 64,
    needsReachableStore: false,
  },
  validate: () => [],
  estimate: (_, items) => ({ seconds: { p50: items, p90: items }, costMicroUsd: { p50: 0, p90: 0 } }),
};
const context: PlanContext = {
  sources: { digest: "0".repeat(64), items: 0, bytes: 0 },
  presets: {},
  captioners: [],
  trainingBackends: [],
  generationBackends: [backend],
  loras: { ink: { name: "ink", document: "1".repeat(64), family: "sdxl" } },
};
const text = JSON.stringify({
  name: "many",
  generate: {
    prompts: Array.from(
      { length: generations },
      (_, at) => `an ink drawing of place ${at}, ${"fine lines, ".repeat(8)}`,
    ),
    lora: "ink",
  },
});

const started = performance.now();
const { lock, documents } = plan(RunSpec.parse(JSON.parse(text)), context);
const grids = documents.flatMap((document) => (document.kind === "grid" ? [document.value] : []));
const bytes = canonicalJson(lock).length + grids.reduce((sum, grid) => sum + canonicalJson(grid).length, 0);
const [grid] = grids;
if (grid === undefined || gridSize(grid) !== generations) throw new Error("not everything was planned");
gridItem(grid, generations - 1);
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ seconds, bytes, peakBytes: process.resourceUsage().maxRSS * 1024 }));
