import { newWebhookSecret, signWebhook } from "@loramill/contracts";
import { expect, it } from "vitest";
import { readWebhook } from "./read-webhook.ts";

const secret = newWebhookSecret();
const now = new Date("2026-11-21T10:00:00.000Z");
const told = { type: "run.next-year", version: 1, timestamp: now.toISOString(), project: "default", data: { run: {} } };

function signed(body: string) {
  const id = `msg_${"1".repeat(32)}`;
  return { headers: signWebhook({ id, sentAt: now, body, secrets: [newWebhookSecret(), secret] }), body };
}

it("reads what was told, also types that are newer than it, with headers of every kind", () => {
  const message = signed(JSON.stringify(told));
  const expected = { id: `msg_${"1".repeat(32)}`, ...told };
  expect(readWebhook(secret, message, { now })).toEqual(expected);
  expect(readWebhook([newWebhookSecret(), secret], message, { now })).toEqual(expected);
  const bytes = { headers: new Headers(message.headers), body: Buffer.from(message.body) };
  expect(readWebhook(secret, bytes, { now })).toEqual(expected);
});

it("refuses strangers, and what is no message", () => {
  const message = signed(JSON.stringify(told));
  expect(() => readWebhook(newWebhookSecret(), message, { now })).toThrow(/not the sender's/);
  expect(() => readWebhook(secret, message)).toThrow(/not of now/);
  for (const body of ["", "{", "null", '{"type":"run.started"}']) {
    expect(() => readWebhook(secret, signed(body), { now }), body).toThrow(/no message/);
  }
});
