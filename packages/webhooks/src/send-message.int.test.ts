import { randomBytes } from "node:crypto";
import { checkWebhookSignature, newWebhookSecret } from "@loramill/contracts";
import { startFileServer, startWebhookReceiver, type WebhookReceiver } from "@loramill/testkit";
import type { Resolve } from "@loramill/url-guard";
import { describe, expect, it, onTestFinished } from "vitest";
import { createSecretBox, type SecretBox } from "./secret-box.ts";
import { createSender } from "./send-message.ts";
import { defaultWebhookOptions, type SendLimits } from "./webhook-config.ts";

const secret = newWebhookSecret();
const never = new AbortController().signal;
const open = { allowHttp: true, allowPrivateNetwork: true } as const;

async function receiver(): Promise<WebhookReceiver> {
  const started = await startWebhookReceiver();
  onTestFinished(() => started.close());
  return started;
}

function senderOf(limits: Partial<SendLimits>, parts: { resolve?: Resolve; secrets?: SecretBox } = {}) {
  const made = createSender(
    { ...defaultWebhookOptions.limits, timeoutMs: 60_000, ...limits },
    { now: () => new Date(), secrets: createSecretBox([]), ...parts },
  );
  onTestFinished(() => made.close());
  return made;
}

function sender(limits: Partial<SendLimits> = open, resolve?: Resolve) {
  const made = senderOf(limits, resolve && { resolve });
  return (url: string, body = '{"type":"webhook.test"}', signal = never) =>
    made.send({ message: `msg_${"1".repeat(32)}`, url, secrets: [secret], body }, signal);
}

describe("a message", () => {
  it("arrives with its id, a signature of these bytes, and as JSON", async () => {
    const at = await receiver();
    expect(await sender()(`${at.url}/a`, '{"name":"köter"}')).toMatchObject({ kind: "status", status: 204 });
    const [got] = at.received;
    expect(got?.headers).toMatchObject({ "webhook-id": `msg_${"1".repeat(32)}`, "content-type": "application/json" });
    checkWebhookSignature([secret], { headers: got?.headers ?? {}, body: got?.body ?? "" });
  });

  it("is signed with secrets that are kept sealed, and not sent where no key opens them", async () => {
    const at = await receiver();
    const box = createSecretBox([randomBytes(32)]);
    const message = {
      message: `msg_${"1".repeat(32)}`,
      url: `${at.url}/a`,
      secrets: [box.seal(secret)],
      body: "{}",
    } as const;
    expect(await senderOf(open, { secrets: box }).send(message, never)).toMatchObject({ status: 204 });
    checkWebhookSignature([secret], { headers: at.received[0]?.headers ?? {}, body: "{}" });
    const answer = await senderOf(open, { secrets: createSecretBox([]) }).send(message, never);
    expect(answer).toMatchObject({ kind: "none", error: expect.stringContaining("WEBHOOK_SECRET_KEYS lacks the key") });
    expect(at.received).toHaveLength(1);
  });

  it("comes back with the status, whatever else is said, and how long to wait", async () => {
    const at = await receiver();
    at.misbehave("/a", { kind: "status", status: 503, headers: { "retry-after": "120" } });
    const send = sender();
    expect(await send(`${at.url}/a`)).toMatchObject({ status: 503, retryAfterMs: 120_000 });
    at.misbehave("/a", { kind: "endless" }, { kind: "drip" });
    expect(await send(`${at.url}/a`), "a huge answer is let go").toMatchObject({ status: 200 });
    expect(await send(`${at.url}/a`), "an answer that drips as well").toMatchObject({ status: 200 });
    expect(await send(`${at.url}/a`)).toMatchObject({ status: 204 });
  });

  it("is not carried to where a receiver redirects", async () => {
    const [at, inside] = [await receiver(), await receiver()];
    for (const status of [301, 302, 303, 307, 308]) {
      at.misbehave("/a", { kind: "status", status, headers: { location: `${inside.url}/secret` } });
      expect(await sender()(`${at.url}/a`)).toMatchObject({ kind: "status", status });
    }
    expect(inside.received).toEqual([]);
  });

  it("comes back with a reason where nobody answers", async () => {
    const at = await receiver();
    at.misbehave("/reset", { kind: "reset" });
    at.misbehave("/silent", { kind: "silent" });
    const send = sender();
    expect(await send(`${at.url}/reset`)).toMatchObject({ kind: "none", error: /^the connection failed/ });
    const hasty = sender({ ...open, timeoutMs: 300 });
    expect(await hasty(`${at.url}/silent`)).toMatchObject({ kind: "none", error: "no answer within 0.3 s" });
    expect(await send("http://127.0.0.1:1/")).toMatchObject({ kind: "none", error: /ECONNREFUSED/ });
    const lost = () => Promise.reject(Object.assign(new Error("lost"), { code: "ENOTFOUND" }));
    expect(await sender(open, lost)("http://hook.example/")).toMatchObject({ error: /name does not exist/ });
  });

  it("is broken off when the process stops", async () => {
    const at = await receiver();
    at.misbehaveAlways("/a", { kind: "silent" });
    const stopping = new AbortController();
    const sent = sender()(`${at.url}/a`, "{}", stopping.signal);
    stopping.abort();
    await expect(sent).rejects.toThrow();
  });

  it("tells nothing of its secret or its address in what it says of a failure", async () => {
    const at = await receiver();
    at.misbehaveAlways("/hooks/a-token-in-the-path", { kind: "reset" });
    const answer = JSON.stringify(await sender()(`${at.url}/hooks/a-token-in-the-path?key=hidden`));
    for (const hidden of [secret, secret.slice(6), "a-token-in-the-path", "hidden"])
      expect(answer).not.toContain(hidden);
  });
});

describe("a receiver in a private place", () => {
  it("is not asked, however its address is written, and the reason names the switch", async () => {
    const server = await startFileServer({ "/a": "x" });
    onTestFinished(() => server.close());
    const { port } = new URL(server.url);
    const send = sender({ allowHttp: true });
    const hosts = [
      ...["127.0.0.1", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "localhost", "0.0.0.0"],
      ...["[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]", "[64:ff9b::7f00:1]"],
      ...["10.0.0.1", "192.168.0.1", "172.16.0.1", "100.64.0.1", "[fc00::1]", "[fd00::1]", "[fe80::1]"],
    ];
    for (const host of hosts) {
      expect(await send(`http://${host}:${port}/a`), host).toMatchObject({ kind: "none", error: /network|no address/ });
    }
    expect(await send(`http://127.0.0.1:${port}/a`)).toMatchObject({ error: /WEBHOOK_ALLOW_PRIVATE_NETWORK=true/ });
    expect(await sender({})(`http://8.8.8.8/`)).toMatchObject({ error: /WEBHOOK_ALLOW_HTTP=true/ });
    expect(server.requests).toEqual([]);
  });

  it("is not asked for cloud metadata even where private networks are allowed", async () => {
    for (const host of ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "[fe80::1]"]) {
      expect(await sender()(`http://${host}/latest/meta-data`), host).toMatchObject({ kind: "none", error: /network/ });
    }
  });

  it("is not reached by a name that leads to several addresses, or that changes its mind", async () => {
    const server = await startFileServer({ "/a": "x" });
    onTestFinished(() => server.close());
    const { port } = new URL(server.url);
    const mixed: Resolve = async () => [
      { address: "8.8.8.8", family: 4 },
      { address: "127.0.0.1", family: 4 },
    ];
    expect(await sender({ allowHttp: true }, mixed)(`http://mixed.example:${port}/a`)).toMatchObject({ kind: "none" });
    let asked = 0;
    const rebinding: Resolve = async () => {
      asked += 1;
      return [{ address: asked === 1 ? "127.0.0.1" : "169.254.169.254", family: 4 }];
    };
    await sender(open, rebinding)(`http://rebind.example:${port}/a`);
    expect(asked, "the connection goes to the address that was judged").toBe(1);
    expect(server.requests).toHaveLength(1);
  });
});
