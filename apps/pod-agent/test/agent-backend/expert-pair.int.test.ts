import { pairRecipe } from "../open-trial.ts";
import { agentConformance } from "./conformance.ts";

agentConformance("ai-toolkit, on both experts of Wan 2.2", { trainer: "ai-toolkit", recipe: pairRecipe });
