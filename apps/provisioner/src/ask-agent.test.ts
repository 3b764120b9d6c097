import { podToken, sha256Hex } from "@loramill/contracts";
import { expect, it } from "vitest";
import { createAgentProbe } from "./ask-agent.ts";

const now = new Date("2026-11-21T10:00:00Z");
const secret = "a secret that nobody may see";
const { signal } = new AbortController();

function probe(answer: () => Response | Promise<Response>) {
  const asked: { url: string; authorization: string | null }[] = [];
  const fetch = async (url: unknown, init?: RequestInit) => {
    asked.push({ url: String(url), authorization: new Headers(init?.headers).get("authorization") });
    return answer();
  };
  const ask = createAgentProbe({ secret, fetch: fetch as typeof globalThis.fetch, clock: { now: () => now } });
  return { asked, ask: () => ask({ name: "lm-a" }, "https://a/", signal) };
}

it("an agent is asked by the token of its own machine, and says what it has", async () => {
  const cache = { bytes: 1, maxBytes: 2, digests: [sha256Hex("model")] };
  const health = { version: "3", trainers: ["sd-scripts"], maxJobs: 2, activeJobs: 1, cache };
  const { ask, asked } = probe(() => Response.json(health));
  expect(await ask()).toEqual({ at: now, trainers: ["sd-scripts"], slots: 2, active: 1, holds: cache.digests });
  expect(asked).toEqual([{ url: "https://a/v1/health", authorization: `Bearer ${podToken(secret, "lm-a")}` }]);
});

it("whatever else it says is silence, with a reason that holds no token", async () => {
  const token = podToken(secret, "lm-a");
  for (const answer of [
    () => new Response("no", { status: 502 }),
    () => Response.json({ hello: "world" }),
    () => Promise.reject(new Error(`connect failed with Bearer ${token}`)),
  ]) {
    const said = await probe(answer).ask();
    expect(said).toHaveProperty("silence");
    expect(JSON.stringify(said)).not.toContain(token);
  }
});
