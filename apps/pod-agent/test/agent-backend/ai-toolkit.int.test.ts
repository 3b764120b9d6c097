import { agentConformance } from "./conformance.ts";

agentConformance("ai-toolkit", { trainer: "ai-toolkit" });
