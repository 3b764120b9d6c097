import { afterAll, beforeAll, expect, test } from "vitest";
import { ofProject, type ServedRoutes, serveRoutes } from "../../test/serve-routes.ts";
import { auditRoutes } from "./audit.ts";

let routes: ServedRoutes;
beforeAll(async () => {
  routes = await serveRoutes(auditRoutes);
});
afterAll(() => routes.close());

test("tells of everything that was done, latest first, to operators only", async () => {
  const { audit } = routes.catalog.fleet;
  await audit.add({ actor: "operator", action: "webhook.create", subject: "whk_1" });
  await audit.add({ actor: "operator", action: "machine.end", subject: "lm-a", details: { reason: "stuck" } });
  const answer = await routes.server.inject({ url: "/v1/audit" });
  expect(answer.json()).toMatchObject({
    items: [
      { action: "machine.end", subject: "lm-a", details: { reason: "stuck" } },
      { action: "webhook.create", subject: "whk_1" },
    ],
  });
  expect((await routes.server.inject({ url: "/v1/audit?subject=whk_1" })).json().items).toHaveLength(1);
  expect((await routes.server.inject({ url: "/v1/audit", headers: ofProject })).statusCode).toBe(403);
});
