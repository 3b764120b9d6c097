import { type AgentHealth, podToken, sha256Hex } from "@loramill/contracts";
import { expect, it } from "vitest";
import { createAgentProbe } from "./ask-agent.ts";

const now = new Date("2026-11-21T10:00:00Z");
const tokens = { secret: "what tokens are derived from", own: "of agents started by hand" };
const health: AgentHealth = { version: "1", trainers: ["sd-scripts"], maxJobs: 2, activeJobs: 1 };
const { signal } = new AbortController();

/** An agent that answers whoever has its token. */
function agentWith(token: string, says: AgentHealth) {
  const asked: string[] = [];
  const fetch = async (url: unknown, { headers }: { headers: Record<string, string> }) => {
    asked.push(String(url));
    return headers.authorization === `Bearer ${token}` ? Response.json(says) : new Response("", { status: 401 });
  };
  return { asked, ask: createAgentProbe({ tokens, fetch: fetch as never, clock: { now: () => now } }) };
}

it("hears what lies in the machine's cache, so that jobs can be put where their base model is", async () => {
  const holds = Array.from({ length: 64 }, (_, n) => sha256Hex(`file ${n}`));
  const cache = { bytes: 10, maxBytes: 100, digests: [...holds, sha256Hex("a picture")] };
  const { ask, asked } = agentWith(podToken(tokens.secret, "lm-a"), { ...health, cache });
  const pod = { name: "lm-a", provider: "runpod" };
  expect(await ask(pod, "https://agent.example/", signal)).toEqual({
    ...{ at: now, trainers: ["sd-scripts"], slots: 2, active: 1, holds },
  });
  expect(asked).toEqual(["https://agent.example/v1/health"]);
});

it("takes an agent that knows no cache for one that holds nothing", async () => {
  const { ask } = agentWith(podToken(tokens.secret, "lm-a"), health);
  expect(await ask({ name: "lm-a", provider: "runpod" }, "https://agent.example", signal)).toMatchObject({ holds: [] });
});

it("speaks to an own server's agent by the token that it was started with", async () => {
  const { ask } = agentWith(tokens.own, health);
  expect(await ask({ name: "lm-a", provider: "static" }, "http://127.0.0.1:1", signal)).toMatchObject({ slots: 2 });
  expect(await ask({ name: "lm-a", provider: "runpod" }, "http://127.0.0.1:1", signal)).toEqual({
    silence: "it answers with status 401",
  });
});

it("takes whatever else it says for silence, with a reason that holds no token", async () => {
  const token = podToken(tokens.secret, "lm-a");
  for (const answer of [
    () => new Response("no", { status: 502 }),
    () => Response.json({ hello: "world" }),
    () => new Response(endless()),
    () => Promise.reject(new Error(`connect failed with Bearer ${token}`)),
  ]) {
    const fetch = async () => answer();
    const ask = createAgentProbe({ tokens, fetch: fetch as never, clock: { now: () => now } });
    const said = await ask({ name: "lm-a", provider: "runpod" }, "https://agent.example", signal);
    expect(said).toHaveProperty("silence");
    expect(JSON.stringify(said)).not.toContain(token);
  }
});

/** What no reader must wait for the end of. */
const endless = () => new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(65_536)) });
