import { expect, test } from "vitest";
import { endpointPart } from "./endpoints.ts";

const nothing = {
  loramillUrl: null,
  comfyui: { servers: [{ url: "http://localhost:8188/", headers: {} }], isSet: false },
  ollamaUrl: null,
  huggingfaceToken: null,
  replicateToken: null,
  runpodKey: null,
};

async function statuses(endpoints: typeof nothing | Record<string, unknown>, answer: () => Promise<Response>) {
  const asked: string[] = [];
  const send = async (url: string) => {
    asked.push(url);
    return answer();
  };
  const part = endpointPart({ ...nothing, ...endpoints } as typeof nothing, send as typeof fetch);
  const checks = await part.check({ thorough: false, signal: new AbortController().signal });
  return { asked, comfyui: checks[0], ollama: checks[1], others: checks.slice(2).map(({ status }) => status) };
}
const away = () => Promise.reject(new TypeError("fetch failed"));

test("what nobody set is off, and what is only looked for at its usual place may be missing", async () => {
  const { asked, comfyui, ollama, others } = await statuses({}, away);
  expect(asked).toEqual(["http://localhost:8188/system_stats"]);
  expect([comfyui?.status, ollama?.status, ...others]).toEqual(["off", "off", "off", "off", "off"]);
});

test("what someone set and does not answer is an error that says what to correct", async () => {
  const set = {
    comfyui: { servers: [{ url: "https://gpu.example/", headers: {} }], isSet: true },
    ollamaUrl: "http://127.0.0.1:1",
  };
  const { comfyui, ollama } = await statuses(set, away);
  expect(comfyui).toMatchObject({ status: "error", advice: expect.stringContaining("COMFYUI_API_URL") });
  expect(ollama).toMatchObject({ status: "error", advice: expect.stringContaining("OLLAMA_URL") });
  const broken = await statuses(set, async () => new Response("no", { status: 502 }));
  expect(broken.comfyui).toMatchObject({ status: "error", message: "https://gpu.example answers 502" });
});

test("what answers is ok, and tokens are only said to be set", async () => {
  const set = { ollamaUrl: "http://127.0.0.1:1", runpodKey: "rpa_secret" };
  const { comfyui, ollama, others } = await statuses(set, async () => new Response("{}"));
  expect([comfyui?.status, ollama?.status]).toEqual(["ok", "ok"]);
  expect(others).toEqual(["off", "off", "ok"]);
});
