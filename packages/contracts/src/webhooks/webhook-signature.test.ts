import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkWebhookSignature, newWebhookSecret, signWebhook } from "./webhook-signature.ts";

// The example of the Standard Webhooks specification, version 1.0.0.
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const text = '{"test": 2432232314}';
const body = Buffer.from(text);
const headers = {
  "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
  "webhook-timestamp": "1614265330",
  "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};
const now = new Date(1_614_265_330_000);

describe("a signed webhook", () => {
  it("has the headers that the specification shows", () => {
    expect(signWebhook({ id: headers["webhook-id"], sentAt: now, body: text, secrets: [secret] })).toEqual(headers);
  });

  it("is taken when the signature is the sender's, also beside others, and with the prefix of the secret or without", () => {
    checkWebhookSignature([secret], { headers, body }, now);
    checkWebhookSignature([secret.slice("whsec_".length)], { headers, body: text }, now);
    const several = { ...headers, "webhook-signature": `v1a,xyz v1,AAAA ${headers["webhook-signature"]}` };
    checkWebhookSignature([secret], { headers: several, body }, now);
  });

  it.each([
    ["another body", { headers, body: Buffer.from('{"test": 2432232315}') }],
    ["another id", { headers: { ...headers, "webhook-id": "msg_2" }, body }],
    ["no signature", { headers: { ...headers, "webhook-signature": undefined }, body }],
    ["two signatures where one belongs", { headers: { ...headers, "webhook-signature": ["v1,a", "v1,b"] }, body }],
    ["a signature of another kind", { headers: { ...headers, "webhook-signature": "v2,AAAA" }, body }],
    ["an empty signature", { headers: { ...headers, "webhook-signature": "v1," }, body }],
    ["no time", { headers: { ...headers, "webhook-timestamp": "soon" }, body }],
  ])("is refused with %s", (_what, message) => {
    expect(() => checkWebhookSignature([secret], message, now)).toThrow(/is refused/);
  });

  it("is refused when it is more than five minutes old, or from as far ahead", () => {
    for (const offMs of [-301_000, 301_000]) {
      const then = new Date(now.getTime() + offMs);
      expect(() => checkWebhookSignature([secret], { headers, body }, then)).toThrow(/not of now/);
    }
    checkWebhookSignature([secret], { headers, body }, new Date(now.getTime() + 299_000));
  });

  it("says nothing of the secret when it is refused", () => {
    const other = newWebhookSecret();
    try {
      checkWebhookSignature([other], { headers, body }, now);
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(other.slice(6));
    }
  });
});

const message = fc.record({ id: fc.string({ minLength: 1 }), body: fc.string({ unit: "binary" }) });

it("whatever is signed is taken by who knows any one of the secrets, and by nobody else", () => {
  fc.assert(
    fc.property(message, fc.integer({ min: 1, max: 3 }), fc.nat(2), ({ id, body: content }, count, chosen) => {
      const secrets = Array.from({ length: count }, newWebhookSecret);
      const signed = { headers: signWebhook({ id, sentAt: now, body: content, secrets }), body: content };
      checkWebhookSignature([secrets[chosen % count] ?? ""], signed, now);
      expect(() => checkWebhookSignature([newWebhookSecret()], signed, now)).toThrow(/is refused/);
      expect(() => checkWebhookSignature(secrets, { ...signed, body: `${content} ` }, now)).toThrow(/is refused/);
    }),
  );
});
