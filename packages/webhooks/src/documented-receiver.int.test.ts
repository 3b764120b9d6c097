import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newWebhookSecret } from "@loramill/contracts";
import { waitUntil } from "@loramill/testkit";
import { expect, onTestFinished, test } from "vitest";
import { createSecretBox } from "./secret-box.ts";
import { createSender } from "./send-message.ts";
import { defaultWebhookOptions } from "./webhook-config.ts";

test("the receiver of docs/webhooks.md takes what we sign, once, and nothing else", async () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/webhooks.md"), "utf8");
  const code = page.match(/^```js\n([\s\S]*?)^```/m)?.[1] ?? "";
  const folder = mkdtempSync(join(tmpdir(), "loramill-receiver-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "receiver.mjs"), code);

  const secret = newWebhookSecret();
  const receiver = spawn(process.execPath, [join(folder, "receiver.mjs")], {
    env: { PATH: process.env.PATH, WEBHOOK_SECRET: secret, PORT: "0" },
  });
  onTestFinished(() => void receiver.kill());
  let said = "";
  for (const stream of [receiver.stdout, receiver.stderr]) stream.on("data", (text) => (said += String(text)));
  const port = await waitUntil("it listens", () => said.match(/listening on port (\d+)/)?.[1]);

  const limits = { ...defaultWebhookOptions.limits, allowHttp: true, allowPrivateNetwork: true };
  let now = new Date();
  const sender = createSender(limits, { now: () => now, secrets: createSecretBox([]) });
  onTestFinished(() => sender.close());
  const send = async (id: string, secrets: readonly string[]) => {
    const message = {
      message: `msg_${id.repeat(32)}`,
      url: `http://127.0.0.1:${port}/`,
      secrets,
      body: '{"type":"run.failed"}',
    };
    const answer = await sender.send(message as Parameters<typeof sender.send>[0], new AbortController().signal);
    return answer.kind === "status" ? answer.status : answer.error;
  };
  expect(await send("1", [secret])).toBe(204);
  expect(await send("1", [secret]), "again, as after a lost answer").toBe(204);
  expect(await send("2", [newWebhookSecret(), secret]), "while the secret is replaced").toBe(204);
  expect(await send("3", [newWebhookSecret()])).toBe(400);
  now = new Date(Date.now() - 600_000);
  expect(await send("4", [secret]), "an old one").toBe(400);
  const lines = await waitUntil("it has said so", () => {
    const told = said.split("\n").filter((line) => line.startsWith("msg_"));
    return told.length > 1 && told;
  });
  expect(lines).toEqual(["1", "2"].map((id) => `msg_${id.repeat(32)} run.failed`));
});
