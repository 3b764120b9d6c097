import type { DoctorCheck } from "@loramill/contracts";
import type { endpointsConfig } from "@loramill/runtime";
import type { DoctorPart } from "../deps.ts";

type Endpoints = ReturnType<typeof endpointsConfig.options>;

/** Services elsewhere that the environment names: which are set, and which answer. */
export function endpointPart(endpoints: Endpoints, send: typeof fetch = fetch): DoctorPart {
  return {
    name: "endpoints",
    check: async () => [
      await reach(
        "ComfyUI (COMFYUI_API_URL)",
        `${endpoints.comfyuiUrl}/system_stats`,
        "start ComfyUI, or set COMFYUI_API_URL, to use it",
      ),
      await reach(
        "Ollama (OLLAMA_URL)",
        endpoints.ollamaUrl && `${endpoints.ollamaUrl}/api/version`,
        "set OLLAMA_URL to use it",
      ),
      told("Hugging Face (HUGGINGFACE_TOKEN)", endpoints.huggingfaceToken, "set it for gated models"),
      told("Replicate (REPLICATE_API_TOKEN)", endpoints.replicateToken, "set it to train on Replicate"),
      told("RunPod (RUNPOD_API_KEY)", endpoints.runpodKey, "set it to rent machines"),
    ],
  };

  async function reach(name: string, url: string | null, advice: string): Promise<DoctorCheck> {
    if (url === null) return { name, status: "off", message: "not set", advice };
    const shown = new URL(url).origin;
    try {
      const answer = await send(url, { signal: AbortSignal.timeout(3_000) });
      if (answer.ok) return { name, status: "ok", message: `${shown} answers`, advice: "" };
      return { name, status: "warning", message: `${shown} answers ${answer.status}`, advice };
    } catch {
      return { name, status: "off", message: `nothing answers at ${shown}`, advice };
    }
  }
}

/** Tokens are only said to be set; they are not sent anywhere to be tried. */
function told(name: string, value: string | null, advice: string): DoctorCheck {
  return value === null
    ? { name, status: "off", message: "not set", advice }
    : { name, status: "ok", message: "set", advice: "" };
}
