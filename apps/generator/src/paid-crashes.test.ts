import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createReplicateGeneration, createServerlessGeneration } from "@loramill/backends";
import {
  type Charge,
  type GenerationBackend,
  GenerationTemplate,
  type InputOf,
  type JobOutput,
  type JsonObject,
  Parked,
  type Stores,
  sha256Hex,
} from "@loramill/contracts";
import { encodeImage, measurePicture } from "@loramill/imaging";
import { openStores } from "@loramill/storage";
import {
  type CrashPoint,
  createCrashPoint,
  fakeJobContext,
  startFakeReplicatePainter,
  startFakeRunpodServerless,
} from "@loramill/testkit";
import { createClipTools, videoConfig } from "@loramill/video";
import { fetch } from "undici";
import { afterAll, describe, expect, it } from "vitest";
import { generateImages } from "./generate-images.ts";

const clock = { now: () => new Date() };
const { video } = videoConfig.options(videoConfig.env.parse({}));
const tools = createClipTools(video);
const USD_PER_SECOND = 0.001;
const ITEMS = 3;

/** A service, and a backend as each process opens it. */
interface World {
  open(stores: Stores, crash: CrashPoint): GenerationBackend;
  /** What was paid for, and what the service bills for it in microdollars. */
  bill(): { readonly submissions: number; readonly microUsd: number };
  close(): Promise<void>;
}

const common = { usdPerSecond: USD_PER_SECOND, atOnce: 2, pollMs: 1, maxFileBytes: 1_000_000 };

function partsOf(stores: Stores, crash: CrashPoint) {
  const readRemoteFile = (url: string) =>
    crash.step(async () => new Uint8Array(await (await fetch(url)).arrayBuffer()));
  return { stores, clock, tools, measurePicture, readRemoteFile, fetch: crash.fetch(fetch) };
}

/** A flat picture whose colour follows from what is to be drawn. */
function draw(what: unknown): Promise<Uint8Array> {
  const colour = Buffer.from(sha256Hex(JSON.stringify(what)).slice(0, 6), "hex");
  return encodeImage({ width: 8, height: 8, rgb: new Uint8Array(192).map((_, at) => colour[at % 3] ?? 0) }, "png");
}

const worlds: Readonly<Record<string, () => Promise<World>>> = {
  async "runpod-serverless"() {
    const server = await startFakeRunpodServerless({
      draw: ({ workflow }) => draw(Object.values(workflow).filter(({ class_type }) => class_type !== "SaveImage")),
    });
    const options = {
      ...{ apiKey: "rpa_key", url: server.url, endpoint: server.endpoint, executionSeconds: 600, ttlSeconds: 3600 },
      ...{ families: ["flux" as const], kinds: ["text-to-image" as const], hasLoras: false },
      ...common,
    };
    return {
      open: (stores, crash) => createServerlessGeneration(options, partsOf(stores, crash)),
      bill: () => ({
        submissions: server.created.length,
        microUsd: server.billedMs * USD_PER_SECOND * 1_000,
      }),
      close: server.close,
    };
  },

  async replicate() {
    const server = await startFakeReplicatePainter({ draw });
    const models = [{ family: "flux" as const, name: server.model, version: server.version }];
    const options = { token: "r8_token", url: server.url, models, timeoutMs: 600_000, webhookUrl: null, ...common };
    return {
      open: (stores, crash) => createReplicateGeneration(options, partsOf(stores, crash)),
      bill: () => ({
        submissions: server.created.length,
        microUsd: server.billedSeconds * USD_PER_SECOND * 1_000_000,
      }),
      close: server.close,
    };
  },
};

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

interface Outcome {
  readonly awaits: number;
  readonly submissions: number;
  readonly billed: number;
  readonly ledger: number;
  readonly pictures: readonly string[];
}

/** One job from its first turn to its pictures, by as many processes as it takes; the first dies at the n-th await. */
async function generate(
  openWorld: () => Promise<World>,
  death: { at: number; when: "before" | "after" },
): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), "paid-crashes-"));
  folders.push(folder);
  const stores = await openStores({ url: folder, sync: "never" });
  const world = await openWorld();
  const crash = createCrashPoint();
  const opened: GenerationBackend[] = [];
  const start = () => {
    const seen = crash.stores(stores);
    const backend = world.open(seen, crash);
    opened.push(backend);
    const finishing = { video, hasFfmpeg: async () => false };
    return { stores: seen, backends: [backend], loras: { limits: { maxBytes: 1e6 }, words: {} }, finishing };
  };
  let deps = start();
  const template = GenerationTemplate.parse({ kind: "text-to-image", model: { family: "flux" } });
  const seeds = Array.from({ length: ITEMS }, (_, seed) => seed);
  const grid = { template, prompts: ["a boat"], negativePrompt: "", seeds, strengths: [0], axes: [], wildcards: {} };
  const input: InputOf<"generate-images"> = {
    inputs: {},
    ...{ from: 0, to: ITEMS },
    params: {
      grid: await stores.documents.put("grid", grid),
      backend: opened[0]?.name ?? "",
      backendVersion: (await opened[0]?.version()) ?? "",
      loras: {},
      onLoraFailure: "fallback",
    },
  };
  let turn: JsonObject | null = null;
  let awaits = 0;
  const charges = new Map<string, number>();
  crash.arm({ n: death.at, when: death.when });
  for (let epoch = 1; epoch < 200; epoch += 1) {
    try {
      const ctx = fakeJobContext({ turn, epoch });
      const answer: JobOutput | Parked = await generateImages(input, deps, ctx);
      // The catalog takes the turn and its charges together, or neither.
      await crash.step(async () => {
        for (const { mark, amountMicroUsd } of ctx.said.charges as Charge[]) charges.set(mark ?? "", amountMicroUsd);
        if (answer instanceof Parked) turn = answer.turn;
      });
      if (answer instanceof Parked) continue;
      if (awaits === 0) awaits = crash.steps;
      const { generations } = await stores.documents.get("generations", answer.digest);
      const { submissions, microUsd: billed } = world.bill();
      for (const backend of opened) await backend.close();
      await world.close();
      await stores.close();
      const ledger = [...charges.values()].reduce((sum, amount) => sum + amount, 0);
      return {
        awaits,
        submissions,
        billed,
        ledger,
        pictures: generations.map(({ seed, image }) => `${seed} ${image.sha256}`),
      };
    } catch (error) {
      if (!crash.hasCrashed) throw error;
      awaits = crash.steps;
      crash.revive();
      deps = start();
    }
  }
  throw new Error("the generation did not end");
}

describe.each(Object.entries(worlds))("pictures from %s whose process dies", (name, openWorld) => {
  it.each(["before", "after"] as const)(
    "%s any of its awaits are all there, and the ledger is the bill",
    async (when) => {
      const whole = await generate(openWorld, { at: Number.POSITIVE_INFINITY, when });
      expect(whole).toMatchObject({ submissions: ITEMS, ledger: whole.billed });
      expect(whole.pictures).toHaveLength(ITEMS);
      const lost: number[] = [];
      for (let at = 1; at <= whole.awaits; at += 1) {
        const { submissions, billed, ledger, pictures } = await generate(openWorld, { at, when });
        // How a file was made stands in it; which attempt made it does not.
        expect({ at, pictures: pictures.length }).toEqual({ at, pictures: ITEMS });
        const perPicture = whole.billed / ITEMS;
        expect({ at, ledger }).toEqual({ at, ledger: billed - (submissions - ITEMS) * perPicture });
        if (submissions > ITEMS) lost.push(submissions - ITEMS);
      }
      // RunPod knows no list: the answer that was lost between its sending and our note costs one picture, for each of them.
      expect(lost).toEqual(name === "replicate" ? [] : Array(ITEMS).fill(1));
    },
    300_000,
  );
});
