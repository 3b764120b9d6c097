import { startFakeReplicateTrainer } from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { verifyWebhook } from "./webhook.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

// The example of the Standard Webhooks specification, version 1.0.0.
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const body = Buffer.from('{"test": 2432232314}');
const headers = {
  "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
  "webhook-timestamp": "1614265330",
  "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};
const clock = { now: () => new Date(1_614_265_330_000) };

describe("a signed webhook", () => {
  it("is taken when the signature is the sender's, also beside others", () => {
    verifyWebhook(secret, { headers, body }, clock);
    const several = { ...headers, "webhook-signature": `v1a,xyz v1,AAAA ${headers["webhook-signature"]}` };
    verifyWebhook(secret, { headers: several, body }, clock);
  });

  it.each([
    ["another body", { headers, body: Buffer.from('{"test": 2432232315}') }],
    ["another id", { headers: { ...headers, "webhook-id": "msg_2" }, body }],
    ["no signature", { headers: { ...headers, "webhook-signature": undefined }, body }],
    ["a signature of another kind", { headers: { ...headers, "webhook-signature": "v2,AAAA" }, body }],
    ["no time", { headers: { ...headers, "webhook-timestamp": "soon" }, body }],
  ])("is refused with %s", (_what, message) => {
    expect(() => verifyWebhook(secret, message, clock)).toThrow(/is refused/);
  });

  it("is refused when it is old", () => {
    const later = { now: () => new Date(clock.now().getTime() + 301_000) };
    expect(() => verifyWebhook(secret, { headers, body }, later)).toThrow(/not of now/);
  });

  it("is what the fake trainer sends", async () => {
    const server = await startFakeReplicateTrainer();
    cleanups.push(server.close);
    expect(() => server.webhookOf("trn1")).toThrow("no training");
  });
});
