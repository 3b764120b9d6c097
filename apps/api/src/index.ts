export { llmConfig } from "@loramill/backends";
export { type ApiOptions, apiConfig } from "./config.ts";
export type { DoctorPart } from "./deps.ts";
export { endpointPart } from "./doctor/endpoints.ts";
export { type ApiStart, type Offers, openApi } from "./open-api.ts";
export { openOffers } from "./open-offers.ts";
export type { RunningApi } from "./server.ts";
export { openStudio, type StudioBuild } from "./studio/open-studio.ts";
