export { queueConfig } from "./config.ts";
export { checkQueue, openQueueConnection } from "./connection.ts";
export { type Heartbeats, startHeartbeats } from "./heartbeats.ts";
export { queueIdOf } from "./payload.ts";
export type { JobDefinitions, Processor, Processors } from "./processors.ts";
export {
  createProducer,
  type DeliveryState,
  type Producer,
  type ProducerOptions,
  type QueueCounts,
  type QueuedDelivery,
  type Retention,
} from "./producer.ts";
export type { QueueCheck, QueueConnection, QueueConnectionOptions } from "./queue-connection.ts";
export type { TurnEvent, TurnEventType } from "./turn-event.ts";
export { createWorker, type QueueWorker, type WorkerHealth, type WorkerOptions } from "./worker.ts";
