export { dispatcherConfig } from "./config.ts";
export type { DeliveryProducer } from "./deps.ts";
export { type FleetPlanOptions, fleetPlanConfig } from "./fleet/fleet-config.ts";
export type { BacklogGauge } from "./gauges.ts";
export { openDispatcher } from "./open-dispatcher.ts";
export { type DispatcherOptions, defaultOptions } from "./options.ts";
export { type Dispatcher, type DispatcherStart, startDispatcher } from "./start-dispatcher.ts";
export { watchDispatcher } from "./watch-dispatcher.ts";
