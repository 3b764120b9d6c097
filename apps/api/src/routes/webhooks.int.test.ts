import { randomBytes } from "node:crypto";
import { CreatedWebhook, DeliveryDetail, DeliveryPage, WebhookList, WebhookView } from "@loramill/contracts";
import { createSecretBox, defaultWebhookOptions } from "@loramill/webhooks";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ofProject, ofReader, type ServedRoutes, serveRoutes } from "../../test/serve-routes.ts";
import { webhookRoutes } from "./webhooks.ts";

const secretBox = createSecretBox([randomBytes(32)]);
let routes: ServedRoutes;
beforeAll(async () => {
  routes = await serveRoutes(({ catalog }) =>
    webhookRoutes({ catalog, webhookRules: defaultWebhookOptions.limits, webhookSecrets: secretBox }),
  );
});
afterAll(() => routes.close());
beforeEach(async () => {
  await routes.catalog.pool.query("delete from loramill.webhooks");
});

const url = "https://hooks.example.com/a/token";

async function ask(
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path = "",
  payload?: object,
  headers: Record<string, string> = {},
) {
  const body = payload === undefined ? {} : { payload };
  const answer = await routes.server.inject({ method, url: `/v1/webhooks${path}`, headers, ...body });
  return { status: answer.statusCode, text: answer.body, body: answer.json<Record<string, unknown>>() };
}
const create = async (query = "", body: object = { url }, headers = {}) =>
  CreatedWebhook.parse((await ask("POST", query, body, headers)).body);

test("the secret is shown when it is made and when it is replaced, and never again", async () => {
  const made = await create();
  expect(made).toMatchObject({ url, project: "default", events: null, enabled: true, pending: 0 });
  expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const rotated = CreatedWebhook.parse((await ask("POST", `/${made.id}/rotate`, {})).body);
  expect(rotated.secret).not.toBe(made.secret);
  expect(rotated.secrets.map(({ expiresAt }) => expiresAt === null)).toEqual([true, false]);
  const again = CreatedWebhook.parse((await ask("POST", `/${made.id}/rotate`, { graceHours: 0 })).body);
  expect(again.secrets).toHaveLength(1);
  await ask("POST", `/${made.id}/test`);
  const answers = [
    await ask("GET"),
    await ask("GET", `/${made.id}`),
    await ask("GET", `/${made.id}/deliveries`),
    await ask("PATCH", `/${made.id}`, { description: "mine" }),
    await ask("DELETE", `/${made.id}`),
  ];
  for (const { status, text } of answers) {
    expect(status).toBe(200);
    for (const { secret } of [made, rotated, again]) expect(text).not.toContain(secret.slice(6));
  }
  const audit = JSON.stringify(await routes.catalog.fleet.audit.list({ limit: 50 }));
  expect(audit).toContain("webhook.rotate");
  for (const hidden of [made.secret, again.secret, "hooks.example.com"]) expect(audit).not.toContain(hidden);
});

test("the secret is kept sealed, and only that", async () => {
  const { id, secret: first } = await create();
  const { secret: second } = CreatedWebhook.parse((await ask("POST", `/${id}/rotate`, {})).body);
  await ask("POST", `/${id}/test`);
  const [leased] = await routes.catalog.webhookOutbox.lease({ limit: 1, perWebhook: 1, leaseMs: 1_000 });
  expect(leased?.secrets.map(secretBox.open)).toEqual([second, first]);
  const { rows } = await routes.catalog.pool.query("select * from loramill.webhooks");
  for (const secret of [first, second]) expect(JSON.stringify(rows)).not.toContain(secret.slice(6));
});

test("places that no message may be sent to are refused when they are named", async () => {
  const refused = [
    "http://example.com/a",
    "https://127.0.0.1/a",
    "https://[::ffff:10.0.0.1]/",
    "https://me:pw@example.com/",
  ];
  for (const place of refused) {
    expect((await ask("POST", "", { url: place })).body, place).toMatchObject({ status: 422, code: "url-refused" });
  }
  expect((await ask("POST", "", { url: "ftp://example.com" })).body).toMatchObject({ status: 400 });
  expect((await ask("POST", "", { url, events: ["run.finished"] })).body).toMatchObject({ status: 400 });
  const { id } = await create();
  expect((await ask("PATCH", `/${id}`, { url: "https://10.0.0.1/" })).body).toMatchObject({ code: "url-refused" });
});

test("a project has its own webhooks, its admin makes them, and who reads only looks", async () => {
  const ours = await create("?project=cats", { url, events: ["run.failed"] }, ofProject);
  const theirs = await create("?project=dogs");
  expect(WebhookList.parse((await ask("GET", "?project=cats", undefined, ofReader)).body).items).toHaveLength(1);
  expect((await ask("GET", "?project=dogs", undefined, ofProject)).body).toMatchObject({ code: "forbidden" });
  const message = `msg_${"0".repeat(32)}`;
  const calls = [
    ["GET", ""],
    ["GET", "/deliveries"],
    ["GET", `/deliveries/${message}`],
    ["PATCH", "", { enabled: false }],
    ["DELETE", ""],
    ["POST", "/rotate", {}],
    ["POST", "/test"],
    ["POST", `/deliveries/${message}/redeliver`],
    ["POST", "/redeliver", { since: "2026-01-01T00:00:00Z" }],
  ] as const;
  for (const [method, path, body] of calls) {
    const answer = await ask(method, `/${theirs.id}${path}`, body, ofProject);
    expect(answer.body, `${method} ${path}`).toMatchObject({ status: 404, code: "not-found" });
    if (method === "GET") continue;
    const looked = await ask(method, `/${ours.id}${path}`, body, ofReader);
    expect(looked.body, `${method} ${path} by a reader`).toMatchObject({ status: 403, code: "forbidden" });
  }
  expect((await ask("POST", "", { url }, ofReader)).body).toMatchObject({ code: "forbidden" });
  expect(WebhookView.parse((await ask("GET", `/${theirs.id}`)).body)).toMatchObject({ project: "dogs", enabled: true });
});

test("what was told is listed page by page, shown with its body, and sent again", async () => {
  const { id } = await create();
  for (let n = 0; n < 3; n += 1) expect((await ask("POST", `/${id}/test`)).status).toBe(202);
  const first = DeliveryPage.parse((await ask("GET", `/${id}/deliveries?limit=2`)).body);
  const second = DeliveryPage.parse((await ask("GET", `/${id}/deliveries?limit=2&cursor=${first.next}`)).body);
  expect([first.items.length, second.items.length, second.next]).toEqual([2, 1, null]);
  expect((await ask("GET", `/${id}/deliveries?cursor=x`)).body).toMatchObject({ code: "bad-cursor" });
  expect(DeliveryPage.parse((await ask("GET", `/${id}/deliveries?event=run.failed`)).body).items).toEqual([]);
  const at = `/${id}/deliveries/${second.items[0]?.message}`;
  expect(DeliveryDetail.parse((await ask("GET", at)).body)).toMatchObject({
    state: "pending",
    body: { type: "webhook.test", version: 1, project: "default", data: { webhook: { id } } },
  });
  await routes.catalog.pool.query("update loramill.webhook_deliveries set state = 'failed', ended_at = now()");
  expect((await ask("POST", `${at}/redeliver`)).body).toMatchObject({ state: "pending", endedAt: null });
  const since = { since: new Date(Date.now() - 60_000).toISOString() };
  expect((await ask("POST", `/${id}/redeliver`, since)).body).toEqual({ messages: 2 });
  await ask("PATCH", `/${id}`, { enabled: false });
  expect((await ask("POST", `${at}/redeliver`)).body).toMatchObject({ status: 409, code: "wrong-state" });
  expect(DeliveryPage.parse((await ask("GET", `/${id}/deliveries?state=failed`)).body).items).toHaveLength(3);
});

test("a project has fifty webhooks at most", async () => {
  await Promise.all(Array.from({ length: 50 }, () => create("?project=many")));
  expect((await ask("POST", "?project=many", { url })).body).toMatchObject({ code: "too-many-webhooks" });
});
