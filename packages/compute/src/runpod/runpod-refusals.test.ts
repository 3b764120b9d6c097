import { NO_INSTANCES, type RunPodMove } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { IMAGE, KEY, offerOf, openForTest } from "../../test/open-runpod.ts";

describe("RunPod's refusals", () => {
  const refusals: { move: RunPodMove; errorClass: string; code: string; retryAfterMs?: number }[] = [
    { move: { kind: "no-capacity" }, errorClass: "transient", code: "capacity" },
    { move: { kind: "no-capacity", status: 500 }, errorClass: "transient", code: "capacity" },
    {
      move: { kind: "no-capacity", words: "This machine does not have the resources to deploy your pod" },
      errorClass: "transient",
      code: "capacity",
    },
    // Said at the end of a long refusal, of which only the beginning is shown.
    {
      move: { kind: "no-capacity", words: `${"of the offers that were looked at, ".repeat(20)}${NO_INSTANCES}` },
      errorClass: "transient",
      code: "capacity",
    },
    {
      move: { kind: "status", status: 400, detail: "no such cloud" },
      errorClass: "permanent",
      code: "request-refused",
    },
    { move: { kind: "status", status: 422 }, errorClass: "permanent", code: "request-invalid" },
    { move: { kind: "status", status: 413 }, errorClass: "permanent", code: "request-invalid" },
    { move: { kind: "status", status: 402 }, errorClass: "permanent", code: "payment-required" },
    { move: { kind: "status", status: 403 }, errorClass: "permanent", code: "offer-forbidden" },
    { move: { kind: "network" }, errorClass: "permanent", code: "provider-network-refused" },
    { move: { kind: "status", status: 500 }, errorClass: "transient", code: "provider-failed" },
    { move: { kind: "proxy", status: 524 }, errorClass: "transient", code: "provider-timeout" },
    { move: { kind: "lost" }, errorClass: "transient", code: "provider-unreachable" },
    { move: { kind: "drop" }, errorClass: "transient", code: "provider-unreachable" },
    {
      move: { kind: "status", status: 429, headers: { "retry-after": "12" } },
      errorClass: "transient",
      code: "rate-limited",
      retryAfterMs: 12_000,
    },
    {
      move: { kind: "status", status: 429, headers: { ratelimit: '"minute";r=0;t=7, "hour";r=2800;t=1812' } },
      errorClass: "transient",
      code: "rate-limited",
      retryAfterMs: 7_000,
    },
  ];
  it.each(refusals)("$move become $errorClass $code, and the request is sent once", async ({ move, ...error }) => {
    const opened = await openForTest();
    const offer = await offerOf(opened);
    opened.server.misbehave("POST /v2/pods", move);
    await expect(opened.provider.create({ name: "lm-a", offer, image: IMAGE })).rejects.toMatchObject(error);
    expect(opened.server.requests.filter((request) => request === "POST /v2/pods")).toHaveLength(1);
  });

  it("are waited out and asked again where asking twice does no harm", async () => {
    const { provider, server, waits } = await openForTest();
    server.misbehave(
      "GET /v2/pods",
      { kind: "status", status: 429, headers: { "retry-after": "3" } },
      { kind: "proxy", status: 524 },
    );
    expect(await provider.machines()).toEqual([]);
    expect(waits).toEqual([3_000, 2_000]);
  });

  it("name what to look at for a wrong key, and never the key", async () => {
    const { provider } = await openForTest({ key: "rpa_wrongwrongwrongwrong" });
    const { available, message } = await provider.isAvailable();
    expect(available).toBe(false);
    expect(message).toMatch(/RUNPOD_API_KEY/);
    expect(message).not.toMatch(/wrongwrong/);
  });

  it("do not repeat a key that the vendor wrote into its answer", async () => {
    const opened = await openForTest();
    const offer = await offerOf(opened);
    opened.server.misbehave("POST /v2/pods", { kind: "status", status: 422, detail: `bad key ${KEY}` });
    const create = opened.provider.create({ name: "lm-a", offer, image: IMAGE });
    await expect(create).rejects.toThrow(/bad key \*\*\*/);
  });

  it("do not repeat the environment of a machine, in whichever way it is quoted", async () => {
    const opened = await openForTest({ env: { RUNPOD_SPOT: "true" } });
    const env = { AGENT_TOKEN: "x8Kq-what-an-agent-is-asked-by_0", LICENCE: 'of "somebody" else', AGENT_SLOTS: "1" };
    const detail = `cannot have ${JSON.stringify(env)} with ${env.LICENCE}`;
    const shown = /cannot have \{"AGENT_TOKEN":"\*\*\*","LICENCE":"\*\*\*","AGENT_SLOTS":"1"\} with \*\*\*$/;
    const [onDemand, spot] = [await offerOf(opened), await offerOf(opened, true)];
    opened.server.misbehave("POST /v2/pods", { kind: "status", status: 422, detail });
    opened.server.misbehave("POST /graphql", { kind: "graphql-error", message: detail });
    for (const offer of [onDemand, spot]) {
      await expect(opened.provider.create({ name: "lm-a", offer, image: IMAGE, env })).rejects.toThrow(shown);
    }
  });
});
