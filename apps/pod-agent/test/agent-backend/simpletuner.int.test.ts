import { agentConformance } from "./conformance.ts";

agentConformance("simpletuner", { trainer: "simpletuner" });
