import { agentConformance } from "./conformance.ts";

agentConformance("sd-scripts", { trainer: "sd-scripts" });
