export { type BatchMetrics, createBatchMetrics, createMemberMetrics, type MemberMetrics } from "./batch-metrics.ts";
export { type BulkMetrics, createBulkMetrics } from "./bulk-metrics.ts";
export { telemetryConfig } from "./config.ts";
export { createFleetMetrics, type FleetMetrics } from "./fleet-metrics.ts";
export {
  type HealthCheck,
  type HealthReport,
  type HealthServer,
  type HealthServerOptions,
  startHealthServer,
} from "./health-server.ts";
export { createLogger, type LoggerOptions, type LogLevel, type ProcessLogger } from "./logger.ts";
export { type BacklogRow, createMetrics, type Metrics } from "./metrics.ts";
export { createQuoteMetrics, type QuoteMetrics } from "./quote-metrics.ts";
export { createScheduleMetrics, type ScheduleMetrics } from "./schedule-metrics.ts";
export { createSpendingMetrics, type SpendingGauge, type SpendingMetrics } from "./spending-metrics.ts";
export { createTurnObserver } from "./turn-observer.ts";
export type { TurnReport } from "./turn-report.ts";
export { createWebhookMetrics, type WebhookMetrics } from "./webhook-metrics.ts";
