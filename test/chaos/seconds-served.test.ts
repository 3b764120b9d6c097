import { expect, test } from "vitest";
import { secondsServed } from "../support/soak/quick-claims.ts";

const wait = { app: "trainer", from: 10_000, to: 70_000 } as const;
const served = (...services: readonly (readonly [from: number, to: number])[]) =>
  secondsServed(
    wait,
    services.map(([from, to]) => ({ app: "trainer" as const, from, to })),
  );

test("of a wait counts the time in which at least one process of the app was up", () => {
  expect(served()).toBe(0);
  expect(served([0, 5_000], [70_000, 80_000])).toBe(0);
  expect(served([0, 20_000])).toBe(10);
  expect(served([60_000, Number.POSITIVE_INFINITY], [15_000, 25_000])).toBe(20);
  expect(served([20_000, 40_000], [30_000, 50_000], [35_000, 36_000])).toBe(30);
  expect(served([0, Number.POSITIVE_INFINITY], [20_000, 30_000])).toBe(60);
  expect(secondsServed(wait, [{ app: "captioner", from: 0, to: 90_000 }])).toBe(0);
});
