import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LoraDocument, type Stores, sha256Hex } from "@loramill/contracts";
import { type ModuleThreads, openModuleThreads, tensorsSha256 } from "@loramill/lora";
import { openStores } from "@loramill/storage";
import { tinyLora } from "@loramill/testkit";
import { onTestFinished } from "vitest";

export interface Tools {
  readonly stores: Stores;
  readonly threads: ModuleThreads;
  readonly maxBytes: number;
  /** Puts a LoRA into the library and answers its document's digest. */
  readonly putLora: (name: string, file: Uint8Array, family?: string) => Promise<string>;
}

/** What the processors of the queue `lora` work with, on a folder that goes with the test, or elsewhere. */
export async function openTools(
  maxBytes = 1_000_000,
  at: (folder: string) => Parameters<typeof openStores>[0] = (url) => ({ url, sync: "never" }),
): Promise<Tools> {
  const folder = await mkdtemp(join(tmpdir(), "evaluator-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const stores = await openStores(at(folder));
  onTestFinished(() => stores.close());
  const threads = openModuleThreads({ size: 1 });
  onTestFinished(() => threads.close());
  const putLora = async (name: string, file: Uint8Array, family = "flux") => {
    const lora: LoraDocument = {
      format: "loramill-lora/1",
      name,
      weights: await stores.blobs.put(file, { mediaType: "application/vnd.safetensors" }),
      tensorsSha256: tensorsSha256(file),
      ...{ family, baseModel: "black-forest-labs/FLUX.1-dev", triggerWord: name, recipe: {} },
      ...{ dataset: sha256Hex("set"), images: 1, steps: 1, finalLoss: null, curve: [], computeSeconds: 1 },
      ...{ resumedFromSteps: [], deviations: [], samples: [], backend: "pocket", made: null },
    };
    return stores.documents.put("lora", lora);
  };
  return { stores, threads, maxBytes, putLora };
}

/** A small LoRA for Flux, in diffusers' dialect. */
export const fluxLora = (seed: number): Uint8Array =>
  tinyLora(["transformer.single_transformer_blocks.0.attn.to_q"], { rank: 2, seed });
