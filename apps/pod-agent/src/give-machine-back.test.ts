import { expect, it } from "vitest";
import { giveMachineBack } from "./give-machine-back.ts";

const pod = { url: "https://api.example/v2", id: "pod/1", key: "rpa_key" };

it("deletes its pod under a name of its own: the network before RunPod refuses those of libraries, however good the key is", async () => {
  const asked: [string, RequestInit | undefined][] = [];
  const fetchIt = (async (url: string, init?: RequestInit) => {
    asked.push([url, init]);
    const agent = new Headers(init?.headers).get("user-agent") ?? "node";
    const isRefused = !agent.startsWith("loramill/");
    return new Response(isRefused ? "error code: 1010" : null, { status: isRefused ? 403 : 204 });
  }) as typeof fetch;
  const said: string[] = [];
  const signal = AbortSignal.timeout(60_000);
  const parts = { fetch: fetchIt, signal, say: (line: string) => void said.push(line), pauseMs: 1 };
  await giveMachineBack({ command: null, pod }, parts);
  expect(said).toEqual(["the machine is given back"]);
  expect(asked.map(([url, init]) => [init?.method, url])).toEqual([["DELETE", "https://api.example/v2/pods/pod%2F1"]]);
});
