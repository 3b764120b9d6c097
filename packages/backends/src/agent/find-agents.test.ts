import { type AgentPod, podToken } from "@loramill/contracts";
import { expect, test } from "vitest";
import { z } from "zod";
import { agentOptions, agentShape } from "./agent-config.ts";
import { openAgentFinder } from "./find-agents.ts";

const secret = "what tokens are derived from";
const token = "of agents started by hand";

const podOf = (provider: string): AgentPod => ({
  ...{ name: `lm-${provider}`, provider, address: `http://${provider}.example/`, takesWork: true, reservedFor: [] },
  ...{ plannedFor: [], holds: [] },
  offer: {
    ...{ gpuType: "NVIDIA RTX A5000", region: "cellar", vramBytes: 24e9, available: 1 },
    ...{ pricePerHourMicroUsd: 0, interruptible: false },
  },
});

test("agents on rented machines are asked by tokens of their own, those on own servers by what they were started with", async () => {
  const asked = new Map<string, string>();
  const fetch = async (url: unknown, { headers }: { headers: Record<string, string> }) => {
    asked.set(new URL(String(url)).host, headers.authorization ?? "");
    return new Response("{}", { status: 503 });
  };
  const options = { urls: ["http://by-hand.example"], token, fleet: { providers: ["runpod", "static"], secret } };
  const pods = async () => [podOf("runpod"), podOf("static")];
  const agents = await openAgentFinder(options, { pods, fetch: fetch as never })(null);
  await Promise.allSettled(agents.map(({ client }) => client.health(new AbortController().signal)));
  expect(Object.fromEntries(asked)).toEqual({
    "by-hand.example": `Bearer ${token}`,
    "runpod.example": `Bearer ${podToken(secret, "lm-runpod")}`,
    "static.example": `Bearer ${token}`,
  });
});

test("a proxy that speaks for a rented machine says that it is away, whatever its status; for one's own it is a mistake", async () => {
  const page = async () => new Response("<html>no such pod</html>", { status: 404 });
  const options = { urls: ["http://by-hand.example"], token, fleet: { providers: ["runpod"], secret } };
  const pods = async () => [podOf("runpod")];
  const [own, rented] = await openAgentFinder(options, { pods, fetch: page as never })(null);
  const { signal } = new AbortController();
  await expect(own?.client.health(signal)).rejects.toMatchObject({ errorClass: "permanent", code: "agent-refused" });
  for (const ask of [() => rented?.client.health(signal), () => rented?.client.find("a marker", signal)]) {
    await expect(ask()).rejects.toMatchObject({ errorClass: "transient", code: "agent-unreachable" });
  }
});

test("own servers without the token of their agents are refused before anything is planned on them", () => {
  const env = (more: Record<string, string>) =>
    z.object(agentShape).parse({ FLEET_PROVIDERS: "static", FLEET_AGENT_SECRET: secret, ...more });
  expect(() => agentOptions(env({}))).toThrow("AGENT_TOKEN: set it");
  expect(agentOptions(env({ AGENT_TOKEN: token }))?.fleet?.providers).toEqual(["static"]);
});
