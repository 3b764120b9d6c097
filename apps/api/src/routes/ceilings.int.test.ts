import type { Catalog } from "@loramill/catalog";
import type { CeilingView } from "@loramill/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ofProject, type ServedRoutes, serveRoutes } from "../../test/serve-routes.ts";
import { checkCeilings } from "../check-ceilings.ts";
import { ceilingRoutes } from "./ceilings.ts";

let catalog: Catalog;
let routes: ServedRoutes;
beforeAll(async () => {
  routes = await serveRoutes(ceilingRoutes);
  catalog = routes.catalog;
});
afterAll(() => routes.close());

const SINCE = "2026-11-21T10:00:00.000Z";

async function ask(
  method: "GET" | "PUT" | "DELETE",
  query = "",
  limitUsd?: number,
  headers: Record<string, string> = {},
) {
  const payload = limitUsd === undefined ? {} : { payload: { limitUsd } };
  const answer = await routes.server.inject({ method, url: `/v1/ceilings${query}`, headers, ...payload });
  const { items = [], code } = answer.json<{ items?: CeilingView[]; code?: string }>();
  return code ?? items.map(({ scope, period, limitMicroUsd }) => [JSON.stringify(scope), period, limitMicroUsd]);
}

test("an operator sets every ceiling, a project's admin those of its project, and the audit tells who did", async () => {
  const [account, cats] = ['{"kind":"account"}', '{"kind":"project","project":"cats"}'];
  await ask("PUT", "?period=day", 5);
  expect(await ask("PUT", "?period=total&project=dogs", 9)).toHaveLength(2);
  expect(await ask("PUT", "?period=day&project=cats", 2.5, ofProject)).toEqual([
    [account, "day", 5_000_000],
    [cats, "day", 2_500_000],
  ]);
  expect(await ask("PUT", "?period=day", 50, ofProject)).toBe("forbidden");
  expect(await ask("PUT", "?period=day&project=dogs", 50, ofProject)).toBe("forbidden");
  expect(await ask("DELETE", "?period=total&project=cats", undefined, ofProject)).toBe("not-found");
  expect(await ask("DELETE", "?period=day&project=cats", undefined, ofProject)).toEqual([[account, "day", 5_000_000]]);
  const entries = await catalog.fleet.audit.list({ limit: 10 });
  expect(entries.map(({ actor, action, subject }) => [actor, action, subject])).toEqual([
    ["key_1", "ceiling.remove", "project cats"],
    ["key_1", "ceiling.set", "project cats"],
    ["operator", "ceiling.set", "project dogs"],
    ["operator", "ceiling.set", "account"],
  ]);
});

test("a run whose middle expectation is over what a ceiling in all leaves is refused before it starts", () => {
  const amounts = { limitMicroUsd: 1_000_000, spentMicroUsd: 400_000, reservedMicroUsd: 100_000 };
  const ceiling: CeilingView = {
    scope: { kind: "account" },
    period: "total",
    ...amounts,
    since: SINCE,
    reopensAt: null,
  };
  const check = (surely: boolean, period: CeilingView["period"] = "total") =>
    checkCeilings({
      costMicroUsd: { p50: 600_000, p90: 700_000 },
      ceilings: [{ ceiling: { ...ceiling, period }, surely }],
    });
  expect(() => check(true)).toThrow("the ceiling of $1.00 in all of the account has $0.50 left");
  check(false);
  check(true, "day");
});
