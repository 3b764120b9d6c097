import { randomBytes } from "node:crypto";
import { newWebhookSecret } from "@loramill/contracts";
import { expect, it } from "vitest";
import { createSecretBox, KEY_BYTES } from "./secret-box.ts";

const [first, second] = [randomBytes(KEY_BYTES), randomBytes(KEY_BYTES)];
const secret = newWebhookSecret();
const unreadable = expect.objectContaining({ code: "webhook-secret-unreadable" });

it("what is kept shows nothing of the secret, is never the same, and opens with its key", () => {
  const box = createSecretBox([first]);
  const kept = box.seal(secret);
  expect(kept).toMatch(/^sealed\.[0-9a-f]{8}\.[A-Za-z0-9_-]{104}$/);
  expect(Buffer.from(kept.split(".")[2] ?? "", "base64url").includes(secret)).toBe(false);
  expect(box.seal(secret)).not.toBe(kept);
  expect(createSecretBox([first]).open(kept)).toBe(secret);
});

it("keys are replaced: the first one seals, all of them open, and none that is left out", () => {
  const old = createSecretBox([first]).seal(secret);
  const both = createSecretBox([second, first]);
  expect(both.open(old)).toBe(secret);
  expect(createSecretBox([second]).open(both.seal(secret))).toBe(secret);
  for (const keys of [[second], []]) expect(() => createSecretBox(keys).open(old)).toThrow(unreadable);
});

it("without a key secrets are kept as they are, and stay readable when there is one", () => {
  expect(createSecretBox([]).seal(secret)).toBe(secret);
  expect(createSecretBox([first]).open(secret)).toBe(secret);
});

it("what somebody has changed opens nothing", () => {
  const box = createSecretBox([first]);
  const kept = box.seal(secret);
  const at = kept.length - 40;
  const changed = `${kept.slice(0, at)}${kept[at] === "A" ? "B" : "A"}${kept.slice(at + 1)}`;
  for (const text of [changed, kept.slice(0, 30), `${kept}AAAA`]) expect(() => box.open(text)).toThrow(unreadable);
});
