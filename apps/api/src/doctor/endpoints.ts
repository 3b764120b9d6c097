import type { ComfyUiOptions } from "@loramill/backends";
import type { DoctorCheck } from "@loramill/contracts";
import type { endpointsConfig } from "@loramill/runtime";
import type { DoctorPart } from "../deps.ts";

const REACH_TIMEOUT_MS = 3_000;

type Endpoints = ReturnType<typeof endpointsConfig.options> & {
  readonly comfyui: Pick<ComfyUiOptions, "servers" | "isSet">;
};

/** Services elsewhere that the environment names: which are set, and which answer. */
export function endpointPart(endpoints: Endpoints, send: typeof fetch = fetch): DoctorPart {
  return {
    name: "endpoints",
    check: async ({ signal }) => [
      ...(await Promise.all(
        endpoints.comfyui.servers.map(({ url, headers }) =>
          reach({
            name: "ComfyUI (COMFYUI_API_URL)",
            url: url.replace(/\/+$/, ""),
            headers,
            path: "/system_stats",
            isSet: endpoints.comfyui.isSet,
            advice: endpoints.comfyui.isSet
              ? "start ComfyUI there, or correct COMFYUI_API_URL"
              : "start ComfyUI, or set COMFYUI_API_URL, to use it",
            signal,
          }),
        ),
      )),
      endpoints.ollamaUrl === null
        ? told("Ollama (OLLAMA_URL)", null, "set OLLAMA_URL to use it")
        : await reach({
            name: "Ollama (OLLAMA_URL)",
            url: endpoints.ollamaUrl,
            path: "/api/version",
            isSet: true,
            advice: "start Ollama there, or correct OLLAMA_URL",
            signal,
          }),
      told("Hugging Face (HUGGINGFACE_TOKEN)", endpoints.huggingfaceToken, "set it for gated models"),
      told("Replicate (REPLICATE_API_TOKEN)", endpoints.replicateToken, "set it to train and draw on Replicate"),
      told(
        "RunPod (RUNPOD_API_KEY)",
        endpoints.runpodKey,
        "set it to draw on a serverless endpoint, or to rent machines",
      ),
    ],
  };

  /** What someone set and does not answer is an error; what is only looked for at its usual place is off. */
  async function reach(service: {
    name: string;
    url: string;
    headers?: Readonly<Record<string, string>>;
    path: string;
    isSet: boolean;
    advice: string;
    signal: AbortSignal;
  }): Promise<DoctorCheck> {
    const { name, url, headers = {}, isSet, advice } = service;
    const shown = new URL(url).origin;
    try {
      const signal = AbortSignal.any([service.signal, AbortSignal.timeout(REACH_TIMEOUT_MS)]);
      const answer = await send(`${url}${service.path}`, { headers, signal });
      await answer.body?.cancel();
      if (answer.ok) return { name, status: "ok", message: `${shown} answers`, advice: "" };
      return { name, status: isSet ? "error" : "warning", message: `${shown} answers ${answer.status}`, advice };
    } catch {
      return { name, status: isSet ? "error" : "off", message: `nothing answers at ${shown}`, advice };
    }
  }
}

/** Tokens are only said to be set; they are not sent anywhere to be tried. */
function told(name: string, value: string | null, advice: string): DoctorCheck {
  return value === null
    ? { name, status: "off", message: "not set", advice }
    : { name, status: "ok", message: "set", advice: "" };
}
