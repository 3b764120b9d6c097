export type { CreateParts } from "./fleet/create-parts.ts";
export {
  type CreateOutcome,
  createSafely,
  type Refusal,
} from "./fleet/create-safely.ts";
export { giveBackOrphan } from "./fleet/orphans.ts";
export { type TerminateOutcome, terminateSafely } from "./fleet/terminate-safely.ts";
export { createRunPodClient, type RunPodClient } from "./runpod/runpod-client.ts";
export { type RunPodOptions, runpodConfig } from "./runpod/runpod-config.ts";
export { createRunPodProvider, type RunPodParts } from "./runpod/runpod-provider.ts";
export { drawMarket, type MarketSettings, type TracedOffer, type TracePoint } from "./simulated/market.ts";
export { drawNormal, drawWaitMs, seededRandom } from "./simulated/seeded-random.ts";
export type { StartedMachine } from "./simulated/simulated-machine.ts";
export {
  createSimulatedProvider,
  type SimulatedParts,
  type SimulatedProvider,
  type SimulatedScript,
} from "./simulated/simulated-provider.ts";
export { createVirtualClock, type VirtualClock } from "./simulated/virtual-clock.ts";
export { type StaticOptions, staticConfig } from "./static/static-config.ts";
export { createStaticProvider, type StaticParts } from "./static/static-provider.ts";
export { digestPack } from "./sync/read-blobs.ts";
export { type SyncRequest, type SyncResult, syncVolume, type WantedFile } from "./sync/sync-volume.ts";
export { type VolumeOptions, volumeAddress, volumeConfig } from "./sync/volume-config.ts";
