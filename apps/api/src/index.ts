export { type ApiOptions, apiConfig } from "./config.ts";
export type { ApiDeps, DoctorPart, SignedObjects } from "./deps.ts";
export { createPlanner, type OfferedCaptioner, type Planner, type PlanningDeps } from "./planning.ts";
export { type RunningApi, startApi } from "./server.ts";
