import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Catalog } from "@loramill/catalog";
import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import { checkWebhookSignature, type DeliveryView, newWebhookSecret } from "@loramill/contracts";
import {
  createCrashPoint,
  keepLog,
  startWebhookReceiver,
  trialRun,
  type WebhookReceiver,
  waitUntil,
} from "@loramill/testkit";
import { createSecretBox, createSender } from "@loramill/webhooks";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { addWebhook, hasty, startSending, type TestWebhook } from "../../test/webhook-bench.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

async function open(): Promise<{ catalog: Catalog & { readonly url: string }; at: WebhookReceiver }> {
  const at = await startWebhookReceiver();
  onTestFinished(() => at.close());
  return { catalog: await server.open(), at };
}

function sending(...given: Parameters<typeof startSending>): ReturnType<typeof startSending> {
  const started = startSending(...given);
  onTestFinished(() => started.stop());
  return started;
}

const idsAt = (at: WebhookReceiver, path = "/") =>
  at.received.filter((one) => one.path === path).map(({ headers }) => headers["webhook-id"]);
const whenAll = (hook: TestWebhook, state: DeliveryView["state"], count = 1) =>
  waitUntil(`${count} messages are ${state}`, async () => {
    const all = await hook.deliveries();
    return all.length >= count && all.every((one) => one.state === state) && all;
  });

describe("a message", () => {
  test("arrives signed, with the id and the bytes that the catalog knows it by", async () => {
    const { catalog, at } = await open();
    const hook = await addWebhook(catalog, `${at.url}/`);
    sending(catalog);
    const [id] = await hook.tell();
    const [delivery] = await whenAll(hook, "delivered");
    expect(delivery).toMatchObject({ message: id, event: "webhook.test", attempts: 1, status: 204, error: null });
    const [got] = at.received;
    checkWebhookSignature([hook.secret], { headers: got?.headers ?? {}, body: got?.body ?? "" });
    expect(got?.headers["webhook-id"]).toBe(id);
    const told = JSON.parse(got?.body ?? "");
    expect(told).toMatchObject({ type: "webhook.test", version: 1, project: "default" });
    expect((await catalog.webhooks.delivery({ webhook: hook.id, message: delivery?.message as never }))?.body).toEqual(
      told,
    );
  });

  test("is tried again under its id after every kind of trouble, and its webhook counts as failing meanwhile", async () => {
    const { catalog, at } = await open();
    const hook = await addWebhook(catalog, `${at.url}/`);
    at.misbehave(
      "/",
      { kind: "status", status: 500 },
      { kind: "reset" },
      { kind: "silent" },
      { kind: "status", status: 302, headers: { location: `${at.url}/elsewhere` } },
      { kind: "status", status: 404 },
    );
    sending(catalog, { options: { limits: { ...hasty.limits, timeoutMs: 4_000 } } });
    const [id] = await hook.tell();
    await waitUntil("it fails", async () => (await catalog.webhooks.find({ webhook: hook.id }))?.failingSince ?? false);
    expect(await whenAll(hook, "delivered")).toMatchObject([{ attempts: 6, status: 204, error: null }]);
    expect(new Set(idsAt(at))).toEqual(new Set([id]));
    expect(idsAt(at, "/elsewhere")).toEqual([]);
    expect(await catalog.webhooks.find({ webhook: hook.id })).toMatchObject({ failingSince: null, pending: 0 });
  });

  test("is signed with the old secret as well while it is replaced, and not when that has ended", async () => {
    const { catalog, at } = await open();
    const hook = await addWebhook(catalog, `${at.url}/`);
    sending(catalog);
    const [second, third] = [newWebhookSecret(), newWebhookSecret()];
    const isSignedWith = async (secret: string, before: number) => {
      await hook.tell();
      const got = await waitUntil("it arrives", () => at.received[before]);
      const signed = { headers: got.headers, body: got.body };
      return [hook.secret, secret].map((one) => {
        try {
          checkWebhookSignature([one], signed);
          return true;
        } catch {
          return false;
        }
      });
    };
    await catalog.webhooks.rotate({ webhook: hook.id }, { secret: second, graceMs: 3_600_000 });
    expect(await isSignedWith(second, 0)).toEqual([true, true]);
    await catalog.webhooks.rotate({ webhook: hook.id }, { secret: third, graceMs: 0 });
    expect(await isSignedWith(third, 1)).toEqual([false, true]);
  });

  test("that fails is told in the log without its address and its secret", async () => {
    const { catalog, at } = await open();
    const hook = await addWebhook(catalog, `${at.url}/a-token-in-the-path`);
    at.misbehaveAlways("/a-token-in-the-path", { kind: "reset" });
    const log = keepLog();
    sending(catalog, { log, options: { retry: { ...hasty.retry, giveUpMs: 0 } } });
    await hook.tell();
    const [delivery] = await whenAll(hook, "failed");
    await waitUntil("it is in the log", () => log.lines.length > 0);
    const told = JSON.stringify([log.lines, delivery]);
    expect(told).toContain(hook.id);
    for (const hidden of [hook.secret.slice(6), "a-token-in-the-path"]) expect(told).not.toContain(hidden);
  });

  test("waits as long as its receiver asks", async () => {
    const { catalog, at } = await open();
    const hook = await addWebhook(catalog, `${at.url}/`);
    at.misbehave("/", { kind: "status", status: 503, headers: { "retry-after": "3600" } });
    sending(catalog);
    await hook.tell();
    const waiting = await waitUntil("it was refused", async () => {
      const [one] = await hook.deliveries();
      return one?.status === 503 && one;
    });
    expect(Date.parse(waiting.nextAttemptAt ?? "") - Date.now()).toBeGreaterThan(3_000_000);
    expect(waiting).toMatchObject({ state: "pending", error: "it answered 503" });
  });

  test("has failed when its time is over, and is sent again when somebody asks, alone or with all of its time", async () => {
    const { catalog, at } = await open();
    const hook = await addWebhook(catalog, `${at.url}/`);
    at.misbehaveAlways("/", { kind: "status", status: 500 });
    const since = new Date(Date.now() - 60_000);
    const first = sending(catalog, { options: { retry: { ...hasty.retry, giveUpMs: 0 } } });
    const ids = await hook.tell(3);
    await whenAll(hook, "failed", 3);
    at.misbehaveAlways("/", null);
    await first.stop();
    sending(catalog);
    const [one] = await hook.deliveries();
    if (one === undefined) throw new Error("nothing was told");
    await catalog.webhooks.redeliver({ webhook: hook.id, message: one.message });
    await waitUntil("one has arrived", async () => (await hook.deliveries())[0]?.state === "delivered");
    expect(await catalog.webhooks.redeliverFailed({ webhook: hook.id }, new Date(Date.now() + 60_000))).toBe(0);
    expect(await catalog.webhooks.redeliverFailed({ webhook: hook.id }, since)).toBe(2);
    await whenAll(hook, "delivered", 3);
    expect(idsAt(at)).toEqual([...ids, ...ids]);
  });
});

describe("a receiver", () => {
  test("that is slow delays its own messages alone, and has a few of them at a time", async () => {
    const { catalog, at } = await open();
    const [slow, quick] = [await addWebhook(catalog, `${at.url}/slow`), await addWebhook(catalog, `${at.url}/quick`)];
    at.misbehaveAlways("/slow", { kind: "silent" });
    sending(catalog);
    const { id: project } = await catalog.projects.ensure("default");
    for (let n = 0; n < 20; n += 1) {
      const run = await catalog.runs.create({ project, ...trialRun([{ name: "caption" }]) });
      await catalog.dispatch.moveRun(run, "start", null);
    }
    await whenAll(quick, "delivered", 20);
    await waitUntil("the slow one has all that it may have", () => at.mostAtOnce("/slow") >= hasty.perWebhook);
    expect(at.mostAtOnce("/slow")).toBe(hasty.perWebhook);
    expect((await slow.deliveries()).filter(({ state }) => state === "pending")).toHaveLength(20);
    at.misbehaveAlways("/slow", null);
    at.release();
    await whenAll(slow, "delivered", 20);
  });

  test("that fails gets one message at a time until it takes one", async () => {
    const { catalog, at } = await open();
    const hook = await addWebhook(catalog, `${at.url}/`);
    at.misbehaveAlways("/", { kind: "status", status: 500 });
    sending(catalog);
    await hook.tell();
    await waitUntil("it fails", async () => (await catalog.webhooks.find({ webhook: hook.id }))?.failingSince ?? false);
    await hook.tell(6);
    await waitUntil("it has refused more", () => at.received.length >= 12);
    expect(at.mostAtOnce("/")).toBe(1);
    at.misbehaveAlways("/", null);
    await whenAll(hook, "delivered", 7);
  });

  test("that is gone ends its webhook, what waits for it has failed, and the other webhooks hear of it", async () => {
    const { catalog, at } = await open();
    const [gone, other] = [await addWebhook(catalog, `${at.url}/gone`), await addWebhook(catalog, `${at.url}/other`)];
    at.misbehaveAlways("/gone", { kind: "status", status: 410 });
    await gone.tell(3);
    sending(catalog);
    await whenAll(gone, "failed", 3);
    expect(await catalog.webhooks.find({ webhook: gone.id })).toMatchObject({ enabled: false, disabledReason: /410/ });
    const [told] = await whenAll(other, "delivered");
    expect(told).toMatchObject({ event: "webhook.disabled", subject: gone.id });
    await expect(catalog.webhooks.test({ webhook: gone.id })).rejects.toMatchObject({ code: "wrong-state" });
    at.misbehaveAlways("/gone", null);
    await catalog.webhooks.change({ webhook: gone.id }, { enabled: true });
    await gone.tell();
    await waitUntil("it hears again", async () => (await gone.deliveries()).at(-1)?.state === "delivered");
  });

  test("that has taken nothing for too long ends its webhook", async () => {
    const { catalog, at } = await open();
    const hook = await addWebhook(catalog, `${at.url}/`);
    at.misbehaveAlways("/", { kind: "status", status: 500 });
    sending(catalog, { options: { retry: { ...hasty.retry, disableMs: 300 } } });
    await hook.tell();
    await whenAll(hook, "failed");
    expect(await catalog.webhooks.find({ webhook: hook.id })).toMatchObject({
      enabled: false,
      disabledReason: /no message has arrived for .* hours; the last attempt: it answered 500/,
    });
  });
});

test("messages of a run go out in the order of what happened, and one that is tried again holds up none", async () => {
  const { catalog, at } = await open();
  const hook = await addWebhook(catalog, `${at.url}/`);
  const { id: project } = await catalog.projects.ensure("default");
  at.misbehave("/", { kind: "status", status: 503, headers: { "retry-after": "3600" } });
  const run = await catalog.runs.create({ project, ...trialRun([{ name: "caption" }]) });
  await catalog.dispatch.moveRun(run, "start", null);
  for (let n = 0; n < 5; n += 1) {
    await catalog.dispatch.moveRun(run, "cancel", null);
    await catalog.runs.resume({ run });
  }
  sending(catalog);
  sending(catalog);
  await waitUntil("the rest has arrived", async () => {
    const all = await hook.deliveries();
    return all.length === 11 && all.slice(1).every(({ state }) => state === "delivered");
  });
  const types = at.received.map(({ body }) => JSON.parse(body).type);
  expect(types).toEqual(["run.started", ...Array.from({ length: 5 }, () => ["run.cancelled", "run.resumed"]).flat()]);
  expect((await hook.deliveries())[0]).toMatchObject({ event: "run.started", state: "pending" });
});

describe("senders", () => {
  test("share the work, and each message is sent by one of them", async () => {
    const { catalog, at } = await open();
    const hooks = await Promise.all(["/a", "/b", "/c"].map((path) => addWebhook(catalog, at.url + path)));
    for (let n = 0; n < 3; n += 1) sending(server.openAgain(catalog.url));
    const ids = (await Promise.all(hooks.map((hook) => hook.tell(30)))).flat();
    await Promise.all(hooks.map((hook) => whenAll(hook, "delivered", 30)));
    expect(["/a", "/b", "/c"].flatMap((path) => idsAt(at, path)).sort()).toEqual(ids.sort());
  });

  test("that stop give back what is under way, and it is sent at once by another", async () => {
    const { catalog, at } = await open();
    const hook = await addWebhook(catalog, `${at.url}/`);
    at.misbehave("/", { kind: "silent" });
    const first = sending(catalog);
    const [id] = await hook.tell();
    await waitUntil("it is under way", () => at.received.length === 1);
    await first.stop();
    sending(catalog);
    await whenAll(hook, "delivered");
    expect(idsAt(at)).toEqual([id, id]);
  });

  test("that die at any await lose nothing: what was not written down is sent again under its id", async () => {
    const { catalog, at } = await open();
    const hook = await addWebhook(catalog, `${at.url}/`);
    const crash = createCrashPoint();
    const { webhookOutbox: outbox } = catalog;
    const http = createSender(hasty.limits, { now: () => new Date(), secrets: createSecretBox([]) });
    onTestFinished(() => http.close());
    const mortal = {
      outbox: {
        lease: (...given: Parameters<typeof outbox.lease>) => crash.step(() => outbox.lease(...given)),
        settle: (...given: Parameters<typeof outbox.settle>) => crash.step(() => outbox.settle(...given)),
        release: (...given: Parameters<typeof outbox.release>) => crash.step(() => outbox.release(...given)),
      },
      sender: { ...http, send: (...given: Parameters<typeof http.send>) => crash.step(() => http.send(...given)) },
      leaseMs: 200,
    };
    let told = 0;
    for (let n = 1; n <= 3; n += 1) {
      for (const when of ["before", "after"] as const) {
        crash.arm({ n, when });
        const [id] = await hook.tell();
        told += 1;
        const dying = startSending(catalog, mortal);
        await waitUntil(`it dies ${when} step ${n}`, () => crash.hasCrashed);
        await dying.stop();
        const next = startSending(catalog);
        await whenAll(hook, "delivered", told);
        await next.stop();
        expect(idsAt(at).filter((one) => one === id).length, `${when} step ${n}`).toBeLessThanOrEqual(2);
      }
    }
  });

  test("that are killed in the middle of a message leave it to others", async () => {
    const { catalog, at } = await open();
    const hook = await addWebhook(catalog, `${at.url}/`);
    at.misbehave("/", { kind: "silent" });
    const child = spawn(process.execPath, [join(import.meta.dirname, "../../test/webhook-sender.ts"), catalog.url]);
    onTestFinished(() => void child.kill("SIGKILL"));
    const [id] = await hook.tell();
    await waitUntil("the message is with its receiver", () => at.received.length === 1);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    sending(catalog);
    await whenAll(hook, "delivered");
    expect(idsAt(at)).toEqual([id, id]);
    expect(await hook.deliveries()).toMatchObject([{ attempts: 2 }]);
  });
});

test("messages that are old are forgotten, and not those that wait", async () => {
  const { catalog, at } = await open();
  const hook = await addWebhook(catalog, `${at.url}/`);
  const gate = sending(catalog);
  await hook.tell(2);
  await whenAll(hook, "delivered", 2);
  await gate.stop();
  await hook.tell();
  await catalog.pool.query("update loramill.webhook_messages set created_at = now() - interval '2 days'");
  expect(await catalog.webhookOutbox.waiting()).toMatchObject({ pending: 1 });
  expect(await catalog.webhookOutbox.forget(86_400_000)).toBe(2);
  expect(await hook.deliveries()).toMatchObject([{ state: "pending" }]);
});
