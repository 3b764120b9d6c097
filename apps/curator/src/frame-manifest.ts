import type { JobContext, JsonObject } from "@loramill/contracts";
import type { CuratorDeps } from "./deps.ts";
import type { TakenEntry } from "./take-entry.ts";

/** Collects where the frames of videos come from, for a `manifest.json` that says so. */
export interface FrameManifest {
  add(taken: readonly TakenEntry[], label: string): void;
  /** Puts it into the store; what the job's summary says of it: nothing where there are no frames. */
  put(deps: CuratorDeps, ctx: JobContext): Promise<JsonObject>;
}

export function createFrameManifest(): FrameManifest {
  const frames: JsonObject[] = [];
  return {
    add(taken, label) {
      for (const one of taken) {
        if (one.kind !== "picture" || one.frame === undefined) continue;
        const { item, frame } = one;
        frames.push({
          path: label + item.path,
          ...frame,
          caption: item.caption?.text ?? null,
          sha256: item.blob.sha256,
        });
      }
    },
    async put({ stores }, { signal }) {
      if (frames.length === 0) return {};
      const text = `${JSON.stringify({ format: "loramill-frames/1", frames }, null, 1)}\n`;
      const blob = await stores.blobs.put(Buffer.from(text), { mediaType: "application/json", signal });
      return { frames: frames.length, manifest: blob.sha256 };
    },
  };
}
