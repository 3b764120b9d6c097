import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BlobRef,
  type ClipTools,
  type GenerationRequestItem,
  GenerationSpec,
  type LoraDocument,
  type Stores,
  sha256Hex,
  TransientError,
} from "@loramill/contracts";
import { encodeImage, measurePicture } from "@loramill/imaging";
import { openStores } from "@loramill/storage";
import { onTestFinished } from "vitest";

/** Nothing here looks at clips. */
const tools: Pick<ClipTools, "look"> = { look: () => Promise.reject(new TypeError("a picture was taken for a clip")) };

/** What every backend of items is opened with, over a folder that goes with the running test. */
export async function openParts() {
  const folder = await mkdtemp(join(tmpdir(), "items-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const stores = await openStores({ url: folder, sync: "never" });
  onTestFinished(() => stores.close());
  return {
    stores,
    clock: { now: () => new Date() },
    tools,
    measurePicture,
    readRemoteFile: async (url: string) => {
      try {
        return new Uint8Array(await (await fetch(url)).arrayBuffer());
      } catch (cause) {
        throw new TransientError("the file broke off", { code: "fetch-failed", cause });
      }
    },
  };
}

/** A flat picture whose colour follows from what is to be drawn. */
export function drawByText(text: string, size = { width: 16, height: 16 }): Promise<Uint8Array> {
  const colour = Buffer.from(sha256Hex(text).slice(0, 6), "hex");
  const rgb = new Uint8Array(size.width * size.height * 3).map((_, at) => colour[at % 3] ?? 0);
  return encodeImage({ ...size, rgb }, "png");
}

export async function putPicture(stores: Stores, text: string): Promise<BlobRef> {
  return stores.blobs.put(await drawByText(text), { mediaType: "image/png" });
}

export function textItem(index: number, over: Record<string, unknown> = {}): GenerationRequestItem {
  const base = { kind: "text-to-image", model: { family: "flux" }, prompt: "a thing", seed: index };
  return { index, spec: GenerationSpec.parse({ ...base, ...over }), loras: {}, inputs: {} };
}

/** A LoRA of which only the name and the digests matter. */
export function loraNamed(name: string, weights: BlobRef): LoraDocument {
  return {
    format: "loramill-lora/1",
    ...{ name, weights, tensorsSha256: weights.sha256, family: "flux", baseModel: "flux-dev" },
    ...{ triggerWord: "sks", recipe: {}, dataset: sha256Hex("dataset"), images: 1, steps: 30, finalLoss: 0 },
    ...{ curve: [], computeSeconds: 1, resumedFromSteps: [], deviations: [], samples: [], backend: "pocket" },
    made: null,
  } as LoraDocument;
}
