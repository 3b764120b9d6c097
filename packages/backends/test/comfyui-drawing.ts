import type { GenerationBackend, GenerationRequest } from "@loramill/contracts";
import { backendContext, type FakeComfyUiServer, pollGeneration, startFakeComfyUiServer } from "@loramill/testkit";
import { onTestFinished } from "vitest";
import { type GenerationSetup, openComfyUiGeneration, picture } from "./comfyui-generation-setup.ts";

/** A backend on a server of its own, closed when the test has finished. */
export async function openDrawing(setup: GenerationSetup = {}) {
  const opened = await openComfyUiGeneration(setup);
  onTestFinished(opened.close);
  return opened;
}

/** One more server, closed when the test has finished. */
export async function startServer(
  options: Parameters<typeof startFakeComfyUiServer>[0] = {},
): Promise<FakeComfyUiServer> {
  const server = await startFakeComfyUiServer(options);
  onTestFinished(server.close);
  return server;
}

/** From submission to the files. */
export async function make(backend: GenerationBackend, request: GenerationRequest) {
  const { remoteId } = await backend.submit(request, backendContext());
  const statuses = await pollGeneration(backend, remoteId, request);
  const last = statuses.at(-1);
  if (last?.kind !== "succeeded") throw last?.kind === "failed" ? last.error : new Error(`it ended as ${last?.kind}`);
  return { ...(await backend.collect(remoteId, request, backendContext())), charges: last.charges, remoteId };
}

export const isIdle = (server: FakeComfyUiServer) => () =>
  server.runner.running === null && server.runner.pending.length === 0;
export const four = [1, 2, 3, 4].map((seed) => picture({ seed }));
/** Pictures that a server has written. */
export const pngs = ({ runner }: FakeComfyUiServer) =>
  [...runner.files.all.keys()].filter((path) => path.startsWith("output/") && path.endsWith(".png"));
