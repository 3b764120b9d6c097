export { type FailingHarness, type FailureOptions, runCaptionerFailureSuite } from "./backends/captioner-failures.ts";
export { type CaptionerHarness, runCaptionerSuite } from "./backends/captioner-suite.ts";
export { backendContext, pollTraining } from "./backends/drive.ts";
export { type FakeHuggingFaceEndpoint, startFakeHuggingFaceEndpoint } from "./backends/fake-huggingface-endpoint.ts";
export {
  type FakeLlmOptions,
  type FakeLlmServer,
  type LlmAsked,
  startFakeLlmServer,
} from "./backends/fake-llm-server.ts";
export { type FakeOllamaServer, startFakeOllamaServer } from "./backends/fake-ollama-server.ts";
export {
  createFakePocketEngine,
  type FakePocketEngine,
  type FakePocketOptions,
  solidPictures,
} from "./backends/fake-pocket-engine.ts";
export { createFakeRateLimiter, type FakeRateLimiter } from "./backends/fake-rate-limiter.ts";
export {
  type FakeReplicatePainter,
  type PainterMove,
  startFakeReplicatePainter,
} from "./backends/fake-replicate-painter.ts";
export {
  type FakeReplicateServer,
  type ReplicateMove,
  startFakeReplicateServer,
} from "./backends/fake-replicate-server.ts";
export {
  type FakeReplicateTrainer,
  type FakeReplicateTrainerOptions,
  startFakeReplicateTrainer,
} from "./backends/fake-replicate-trainer.ts";
export {
  type FakeRunpodServerless,
  type ServerlessMove,
  startFakeRunpodServerless,
} from "./backends/fake-runpod-serverless.ts";
export { type FakeVisionServer, startFakeVisionServer } from "./backends/fake-vision-server.ts";
export { type GenerationHarness, pollGeneration, runGenerationBackendSuite } from "./backends/generation-suite.ts";
export { createLetterEmbedder } from "./backends/letter-embedder.ts";
export type { Misbehaviour } from "./backends/misbehave.ts";
export { tinyLora } from "./backends/tiny-lora.ts";
export { packTar, type TarFile } from "./backends/tiny-tar.ts";
export { type RemoteSide, type TrainingHarness, tensorsOf } from "./backends/training-harness.ts";
export { runTrainingBackendSuite } from "./backends/training-suite.ts";
export type { ComfyUiMove } from "./comfyui/comfyui-moves.ts";
export type { FakeComfyUiOptions } from "./comfyui/fake-comfyui-options.ts";
export { type FakeComfyUiServer, startFakeComfyUiServer } from "./comfyui/fake-comfyui-server.ts";
export { flatPng } from "./comfyui/flat-png.ts";
export { comfyUiObjectInfo } from "./comfyui/object-info.ts";
export {
  type BootedMachine,
  createFakeComputeProvider,
  type FakeComputeProvider,
  type FakeComputeProviderOptions,
} from "./compute/fake-compute-provider.ts";
export type { FakeGpu } from "./compute/fake-runpod-catalogue.ts";
export { NO_INSTANCES, type RunPodMove } from "./compute/fake-runpod-moves.ts";
export {
  type FakeRunPodOptions,
  type FakeRunPodServer,
  startFakeRunPodServer,
} from "./compute/fake-runpod-server.ts";
export { createMemoryIntents } from "./compute/memory-intents.ts";
export { type ProviderHarness, runComputeProviderSuite } from "./compute/provider-suite.ts";
export { runpodOperations } from "./compute/runpod-openapi.ts";
export { type RunPodAccount, type RunPodProcess, startRunPodProcess } from "./compute/runpod-process.ts";
export { createMemoryDocuments, type MemoryDocuments } from "./dispatch/memory-documents.ts";
export { MemoryProducer } from "./dispatch/memory-producer.ts";
export { type TrialStep, trialRun, trialStep } from "./dispatch/trial-plan.ts";
export { type CrashPoint, createCrashPoint } from "./jobs/crash-point.ts";
export { driveJob, type FakeJobContext, fakeJobContext } from "./jobs/fake-job-context.ts";
export { blurPicture, exposePicture, mirrorPicture, scalePicture } from "./pictures/change-picture.ts";
export { createColourFaceFinder, drawFaces } from "./pictures/colour-face-finder.ts";
export { drawFlatPicture } from "./pictures/draw-flat.ts";
export { drawPicture } from "./pictures/draw-picture.ts";
export {
  type PlantedCounts,
  type PlantedFile,
  type PlantedKind,
  type PlantOptions,
  plantPictures,
  withComment,
  writePlantedFolder,
} from "./pictures/planted-folder.ts";
export { goodQuality, pixelsOf, preparedPicture } from "./pictures/prepared-picture.ts";
export { seededRandom } from "./pictures/random.ts";
export { queueConformance } from "./queue/conformance.ts";
export { ledgerOfParent, serveLedger } from "./queue/ledger-over-ipc.ts";
export { type LedgerJob, MemoryLedger } from "./queue/memory-ledger.ts";
export type {
  ChildWorker,
  ProducerUnderTest,
  QueueUnderTest,
  ServerUnderTest,
  WorkerSettings,
  WorkerUnderTest,
} from "./queue/queue-under-test.ts";
export { keepLog, type LogLine } from "./queue/silent-log.ts";
export { freePort, startRedis, type TestRedis } from "./queue/start-redis.ts";
export { trialJobs, trialProcessors } from "./queue/trial-jobs.ts";
export { waitUntil } from "./queue/wait-until.ts";
export type { FaultRule, S3Fault } from "./s3/s3-faults.ts";
export { type S3Server, type S3ServerOptions, startS3Server } from "./s3/s3-server.ts";
export { type DrawnVideo, drawCountedVideo, drawSceneVideo, hasFfmpeg, numberOfGrey } from "./sources/draw-video.ts";
export { type FileMisbehaviour, type FileServer, startFileServer } from "./sources/file-server.ts";
export { runObjectStoreSuite, type StoreUnderTest } from "./storage/object-store-suite.ts";
export {
  installScriptedTrainer,
  type ScriptedTrainer,
  type TrainerBehaviour,
  type TrainerDeed,
} from "./trainers/install-trainer.ts";
export { type SpawnedAgent, spawnAgent } from "./trainers/spawn-agent.ts";
export {
  type ReceivedMessage,
  type ReceiverMove,
  startWebhookReceiver,
  type WebhookReceiver,
} from "./webhooks/webhook-receiver.ts";
