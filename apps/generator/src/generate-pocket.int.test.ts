import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPocketGeneration } from "@loramill/backends";
import {
  type GenerationRequest,
  type GenerationRequestItem,
  GenerationSpec,
  type LoraDocument,
} from "@loramill/contracts";
import { pictureCodec, readRgb } from "@loramill/imaging";
import { tensorsSha256 } from "@loramill/lora";
import { openPocketEngine } from "@loramill/pocket";
import { presets } from "@loramill/recipes";
import { openStores } from "@loramill/storage";
import { backendContext, pollGeneration, solidPictures } from "@loramill/testkit";
import { afterAll, describe, expect, it } from "vitest";

const clock = { now: () => new Date() };
const cleanups: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function openProcess() {
  const folder = await mkdtemp(join(tmpdir(), "generate-pocket-"));
  const stores = await openStores({ url: folder, sync: "never" });
  const engine = await openPocketEngine();
  cleanups.push(() => rm(folder, { recursive: true, force: true }), stores.close, engine.close);
  const backend = createPocketGeneration({
    engine,
    stores,
    clock,
    ...pictureCodec,
  });
  return { stores, engine, backend };
}

describe("the pocket generation backend on the real engine", () => {
  it("draws PNGs that a LoRA changes, and the same ones again in another process", async () => {
    const { stores, engine, backend } = await openProcess();
    const settings = { ...presets.pocket, scheduler: "linear" as const, steps: 4, batchSize: 2, warmupSteps: 1 };
    const images = solidPictures(
      [
        [200, 30, 30],
        [220, 10, 60],
      ],
      64,
    );
    const file = await engine.exportLora(await engine.train({ images, settings, from: null, untilStep: 4 }), {});
    const weights = await stores.blobs.put(file, { mediaType: "application/vnd.safetensors" });
    const lora = { name: "red", weights, tensorsSha256: tensorsSha256(file), family: "pocket" } as LoraDocument;
    const item = (index: number, strength: number): GenerationRequestItem => ({
      index,
      spec: GenerationSpec.parse({
        kind: "text-to-image",
        model: { family: "pocket" },
        prompt: "a red ball",
        seed: 5,
        loras: [{ lora: "red", strength }],
        sampling: { steps: 4 },
        width: 64,
        height: 48,
      }),
      loras: { red: lora },
      inputs: {},
    });
    const request: GenerationRequest = { marker: "int", items: [item(0, 0), item(1, 1)] };
    const draw = async (on: typeof backend) => {
      const { remoteId } = await on.submit(request, backendContext());
      expect((await pollGeneration(on, remoteId, request)).at(-1)?.kind).toBe("succeeded");
      return (await on.collect(remoteId, request, backendContext())).files;
    };
    const [base, changed] = await draw(backend);
    expect(base?.file.mediaType).toBe("image/png");
    expect(base?.file.sha256).not.toBe(changed?.file.sha256);
    const pixels = await readRgb(await stores.blobs.read(base?.file ?? { sha256: "" }));
    expect([pixels.width, pixels.height]).toEqual([64, 48]);

    const other = await openProcess();
    await other.stores.blobs.put(file, { mediaType: "application/vnd.safetensors" });
    expect((await draw(other.backend)).map(({ file }) => file.sha256)).toEqual([
      base?.file.sha256,
      changed?.file.sha256,
    ]);
  }, 400_000);
});
