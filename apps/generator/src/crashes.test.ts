import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createComfyUiGeneration } from "@loramill/backends";
import {
  GenerationTemplate,
  type InputOf,
  type JobOutput,
  type JsonObject,
  Parked,
  type Stores,
} from "@loramill/contracts";
import { openStores } from "@loramill/storage";
import { createCrashPoint, fakeJobContext, startFakeComfyUiServer } from "@loramill/testkit";
import { createClipTools, videoConfig } from "@loramill/video";
import { fetch } from "undici";
import { afterAll, describe, expect, it } from "vitest";
import { generateImages } from "./generate-images.ts";
import { defaultFallbackTable } from "./loras/fallback-words.ts";

const clock = { now: () => new Date() };
const video = videoConfig.options(videoConfig.env.parse({})).video;
const PICTURES = 3;

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

interface Outcome {
  readonly awaits: number;
  readonly submitted: number;
  readonly saved: number;
  readonly charged: readonly string[];
  readonly output: JobOutput;
  readonly seeds: readonly number[];
  readonly refused: number;
}

/** One job from its first turn to its pictures, by as many processes as it takes; the first dies at the n-th await. */
async function generate(death: { at: number; when: "before" | "after" }): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), "generator-crashes-"));
  folders.push(folder);
  const stores = await openStores({ url: folder, sync: "never" });
  const server = await startFakeComfyUiServer();
  const crash = createCrashPoint();
  const opened: { close(): Promise<void> }[] = [];
  const start = (seen: Stores) => {
    const options = {
      servers: [{ url: server.url, headers: {} }],
      ...{
        timeoutMs: 20_000,
        maxJobs: 1,
        pollMs: 1,
        previewMs: null,
        usdPerHour: 3600,
        generationTimeoutSeconds: 3600,
      },
    };
    const parts = { stores: seen, clock, tools: createClipTools(video), fetch: crash.fetch(fetch) };
    const backend = createComfyUiGeneration(options, parts);
    opened.push(backend);
    const finishing = { video, hasFfmpeg: async () => false };
    return {
      stores: seen,
      backends: [backend],
      finishing,
      loras: { limits: { maxBytes: 1e9 }, words: defaultFallbackTable },
    };
  };
  const grid = await stores.documents.put("grid", {
    template: GenerationTemplate.parse({
      kind: "text-to-image",
      model: { family: "sdxl" },
      width: 16,
      height: 16,
      sampling: { steps: 2 },
    }),
    prompts: ["a cat"],
    negativePrompt: "",
    seeds: Array.from({ length: PICTURES }, (_, seed) => seed),
    strengths: [0],
    axes: [],
    wildcards: {},
  });
  let deps = start(crash.stores(stores));
  const [planned] = deps.backends;
  const params = { grid, loras: {}, onLoraFailure: "fail", backend: "comfyui" } as const;
  const backendVersion = (await planned?.version()) ?? "";
  const input: InputOf<"generate-images"> = {
    from: 0,
    to: PICTURES,
    inputs: {},
    params: { ...params, backendVersion },
  };
  let turn: JsonObject | null = null;
  let awaits = 0;
  const charged = new Set<string>();
  crash.arm({ n: death.at, when: death.when });
  for (let epoch = 1; epoch < 400; epoch += 1) {
    try {
      const ctx = fakeJobContext({ turn, epoch });
      const answer = await generateImages(input, deps, ctx);
      // The catalog takes the turn and its charges together, or neither.
      await crash.step(async () => {
        for (const { mark = "" } of ctx.said.charges) charged.add(mark);
        if (answer instanceof Parked) turn = answer.turn;
      });
      if (answer instanceof Parked) continue;
      if (awaits === 0) awaits = crash.steps;
      const { generations, refused } = await stores.documents.get("generations", answer.digest);
      const outcome = {
        awaits,
        submitted: server.submitted.length,
        saved: server.runner.files.all.size,
        charged: [...charged].sort(),
        output: answer,
        seeds: generations.map(({ seed }) => seed),
        refused: refused.length,
      };
      for (const backend of opened) await backend.close();
      await server.close();
      await stores.close();
      return outcome;
    } catch (error) {
      if (!crash.hasCrashed) throw error;
      awaits = crash.steps;
      crash.revive();
      deps = start(crash.stores(stores));
    }
  }
  throw new Error("the generation did not end");
}

describe("pictures on ComfyUI whose process dies", () => {
  it.each(["before", "after"] as const)(
    "%s any of its awaits are drawn once each, none is lost, and each is paid for once",
    async (when) => {
      const whole = await generate({ at: Number.POSITIVE_INFINITY, when });
      expect(whole).toMatchObject({ submitted: PICTURES, saved: PICTURES, seeds: [0, 1, 2], refused: 0 });
      expect(whole.charged).toHaveLength(PICTURES);
      expect(whole.awaits).toBeGreaterThan(40);
      for (let at = 1; at <= whole.awaits; at += 1) {
        const { submitted, saved, charged, seeds, refused } = await generate({ at, when });
        expect({ at, submitted, saved, seeds, refused }).toEqual({
          ...{ at, submitted: PICTURES, saved: PICTURES, seeds: [0, 1, 2], refused: 0 },
        });
        expect({ at, charged }).toEqual({ at, charged: whole.charged });
      }
    },
    300_000,
  );
});
