import { openGenerationBackends } from "@loramill/backends";
import type { PocketEngine } from "@loramill/contracts";
import { measurePicture, pictureCodec, readRgb } from "@loramill/imaging";
import { openPocketEngine } from "@loramill/pocket";
import { defineWorker, type WorkerContext } from "@loramill/runtime";
import { createRemoteReader } from "@loramill/storage";
import { createClipTools } from "@loramill/video";
import { generatorWorkerConfig } from "./config.ts";
import { drawGrid } from "./draw-grid.ts";
import { endpointVolume } from "./endpoint-volume.ts";
import { generateImages } from "./generate-images.ts";
import { readFallbackTable } from "./loras/fallback-words.ts";

type Context = WorkerContext<typeof generatorWorkerConfig>;

/**
 * The worker of the queue `generate`. `openEngine` lets a process with several workers share one engine; who opens it
 * closes it.
 */
export function createGeneratorWorker(openEngine: (context: Context) => Promise<PocketEngine>) {
  return defineWorker({
    queue: "generate",
    config: generatorWorkerConfig,
    open: async (context: Context) => {
      const { stores } = context.services;
      const engine = await openEngine(context);
      const { video } = context.config.video;
      const tools = createClipTools(video);
      const { config } = context;
      const reader = context.opened("reader of results", createRemoteReader(config.sources.http), (open) =>
        open.close(),
      );
      const volume = config.generation.serverless?.volume ?? null;
      const backends = openGenerationBackends(config.generation, {
        engine,
        stores,
        clock: context.clock,
        pictures: pictureCodec,
        measurePicture,
        readRemoteFile: reader.read,
        tools,
        openEndpointVolume: volume === null ? undefined : endpointVolume(volume, config.volumes),
      });
      context.opened("generation backends", backends, async (open) => {
        for (const backend of open) await backend.close();
      });
      const { limits, fallbackWordsPath } = context.config.loraUse;
      const loras = { limits, words: await readFallbackTable(fallbackWordsPath) };
      const finishing = {
        video,
        hasFfmpeg: async (signal: AbortSignal) => (await tools.isAvailable(signal)).available,
      };
      return {
        stores,
        backends,
        loras,
        finishing,
        encodePng: pictureCodec.encodePng,
        readPicture: (bytes: Uint8Array, side: number) =>
          readRgb(bytes, { size: { width: side, height: side, fit: "inside" } }),
      };
    },
    processors: { "generate-images": generateImages, "draw-grid": drawGrid },
  });
}

export const generatorWorker = createGeneratorWorker(async ({ config, opened }) =>
  opened("pocket engine", await openPocketEngine(config.pocket), (engine) => engine.close()),
);
