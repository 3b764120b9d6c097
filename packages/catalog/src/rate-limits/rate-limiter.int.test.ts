import { setTimeout as wait } from "node:timers/promises";
import type { EndpointLimits } from "@loramill/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalogs: Catalog[];
beforeAll(async () => {
  server = await startTestServer();
  const first = await server.open();
  catalogs = [first, ...Array.from({ length: 3 }, () => server.openAgain(first.url))];
});
afterAll(() => server.stop());

const limiterOf = (at: number) => (catalogs[at] as Catalog).rateLimiter;

describe("limits in Postgres", () => {
  test("hold over four processes that ask as fast as they can, and are filled", async () => {
    const limits: EndpointLimits = { requestsPerMinute: 3_000, atOnce: null };
    const starts: number[] = [];
    const began = performance.now();
    let statements = 0;
    await Promise.all(
      catalogs.map(async ({ rateLimiter }, at) => {
        while (performance.now() - began < 3_000) {
          const grant = await rateLimiter.take({ endpoint: "busy", holder: `${at}`, limits, open: 0, wanted: 64 });
          const now = performance.now();
          statements += 1;
          for (let k = 0; k < grant.granted; k += 1) starts.push(now + grant.startInMs + k * grant.spacingMs);
          await wait(Math.max(10, grant.askAgainInMs));
        }
      }),
    );
    starts.sort((a, b) => a - b);
    // The local clock is read after the answer, later on a busy machine: a second may look fuller than it was. Four limiters
    // that did not know of each other would pass 200; the exact spacing is a property of `grantPermits`.
    const inOneSecond = starts.map((from) => starts.filter((at) => at >= from && at < from + 1_000).length);
    expect(Math.max(...inOneSecond)).toBeLessThanOrEqual(100);
    expect(starts.length).toBeGreaterThan(60);
    expect(starts.length).toBeLessThanOrEqual(Math.ceil(((starts.at(-1) ?? 0) - began) / 20) + 2);
    expect(statements).toBeLessThan(150);
  });

  test("give out no more slots than there are, however many ask at the same moment", async () => {
    const limits: EndpointLimits = { requestsPerMinute: null, atOnce: 10 };
    const ask = (at: number, open: number, wanted: number) =>
      limiterOf(at).take({ endpoint: "slots", holder: `${at}`, limits, open, wanted });
    const grants = await Promise.all([0, 1, 2, 3].map((at) => ask(at, 0, 6)));
    expect(grants.reduce((sum, { granted }) => sum + granted, 0)).toBe(10);
    const full = grants.findIndex(({ granted }) => granted === 6);
    await ask(full, 2, 0);
    const others = [0, 1, 2, 3].filter((at) => at !== full);
    const more = await Promise.all(others.map((at) => ask(at, grants[at]?.granted ?? 0, 6)));
    expect(more.reduce((sum, { granted }) => sum + granted, 0)).toBe(4);
  });

  test("count the slots of a holder that was not heard of for fifteen seconds no more", async () => {
    const limits: EndpointLimits = { requestsPerMinute: null, atOnce: 2 };
    const ask = (at: number) =>
      limiterOf(at)
        .take({ endpoint: "lost", holder: `${at}`, limits, open: 0, wanted: 2 })
        .then((one) => one.granted);
    expect(await ask(0)).toBe(2);
    expect(await ask(1)).toBe(0);
    // Fifteen seconds pass for the holder alone.
    await catalogs[0]?.pool.query(
      `update loramill.rate_limits set holders = jsonb_set(holders, '{0,until}',
         to_jsonb((holders #>> '{0,until}')::float8 - 15000)) where endpoint = 'lost'`,
    );
    expect(await ask(1)).toBe(2);
  });

  test("make everybody wait when the endpoint asked one to, for as long as it asked for longest", async () => {
    const limits: EndpointLimits = { requestsPerMinute: 60_000, atOnce: null };
    await limiterOf(0).hold({ endpoint: "told", forMs: 20_000 });
    await limiterOf(1).hold({ endpoint: "told", forMs: 5_000 });
    for (const at of [0, 1, 2, 3]) {
      const grant = await limiterOf(at).take({ endpoint: "told", holder: `${at}`, limits, open: 0, wanted: 3 });
      expect(grant.granted).toBe(0);
      expect(grant.heldForMs).toBeGreaterThan(10_000);
      expect(grant.heldForMs).toBeLessThanOrEqual(20_000);
    }
    await limiterOf(0).hold({ endpoint: "soon", forMs: 150 });
    await wait(200);
    const grant = await limiterOf(2).take({ endpoint: "soon", holder: "2", limits, open: 0, wanted: 3 });
    expect(grant).toMatchObject({ granted: 3, heldForMs: 0 });
  });
});
