import { type FakeRunPodOptions, startFakeRunPodServer } from "@loramill/testkit";
import { onTestFinished } from "vitest";
import { runpodConfig } from "../src/runpod/runpod-config.ts";
import { createRunPodProvider } from "../src/runpod/runpod-provider.ts";
import { createVirtualClock } from "../src/simulated/virtual-clock.ts";

export const KEY = "rpa_0123456789abcdef0123";
export const IMAGE = "registry.example/trainer:1";

interface Settings {
  readonly env?: Record<string, string>;
  readonly pageSize?: number;
  readonly key?: string;
  readonly log?: FakeRunPodOptions["log"];
  readonly booksBehindMs?: number;
  readonly endpointBill?: readonly { serverlessId: string; startTime: string; endTime: string; totalAmount: number }[];
  readonly lookMs?: number;
  readonly gpus?: FakeRunPodOptions["gpus"];
  readonly booksPatienceMs?: number;
}

/** A driver on a fake RunPod, with a clock of its own; who opens it closes the server. */
export async function openRunPod({
  env,
  pageSize,
  key = KEY,
  log,
  booksBehindMs = 0,
  endpointBill = [],
  lookMs = 0,
  gpus,
  booksPatienceMs = 60_000,
}: Settings = {}) {
  const clock = createVirtualClock(new Date("2026-11-20T10:00:00Z"));
  const server = await startFakeRunPodServer({
    apiKey: KEY,
    now: clock.now,
    bootMs: 60_000,
    booksBehindMs,
    endpointBill,
    ...(pageSize && { pageSize }),
    ...(log && { log }),
    ...(gpus && { gpus }),
  });
  const options = runpodConfig.options(
    runpodConfig.env.parse({ RUNPOD_API_URL: server.url, RUNPOD_GRAPHQL_URL: server.graphqlUrl, ...env }),
  );
  const waits: number[] = [];
  const spotErrors: Error[] = [];
  const provider = createRunPodProvider(options, {
    apiKey: key,
    clock,
    lookMs,
    booksPatienceMs,
    sleep: async (ms) => void waits.push(ms),
    onSpotLost: (error) => void spotErrors.push(error),
  });
  return { clock, server, provider, waits, spotErrors };
}

/** The same until the test ends. */
export async function openForTest(settings: Settings = {}) {
  const opened = await openRunPod(settings);
  onTestFinished(opened.server.close);
  return opened;
}

/** The first that can be had. */
export async function offerOf({ provider }: Awaited<ReturnType<typeof openRunPod>>, isSpot = false) {
  const offers = await provider.offers();
  const offer = offers.find(({ interruptible, available }) => interruptible === isSpot && available > 0);
  if (offer === undefined) throw new Error("nothing is offered");
  return offer;
}
