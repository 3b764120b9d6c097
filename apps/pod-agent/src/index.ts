export { type Agent, openAgent } from "./agent.ts";
export { type AgentServer, serveAgent } from "./server.ts";
export type { AgentSettings } from "./settings.ts";
