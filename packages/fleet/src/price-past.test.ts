import type { PricePoint } from "@loramill/contracts";
import { expect, it } from "vitest";
import { notePrice, pricesOf } from "./price-past.ts";
import { after, NOW, offer } from "./testing/facts.ts";

const HOUR = 3_600;
const look = (past: readonly PricePoint[], hours: number, price: number | null) =>
  notePrice(
    past,
    price === null ? undefined : offer({ pricePerHourMicroUsd: price, available: price < 0 ? 0 : 1 }),
    after(hours * HOUR),
  );

it("keeps changes only: a price that stands still is one point, and the same past", () => {
  const once = look([], 0, 400);
  expect(once).toMatchObject([{ microUsd: 400 }]);
  expect(look(once, 30, 400)).toBe(once);
  expect(pricesOf(once, NOW)).toBeUndefined();
});

it("tells a moving price hour by hour, that of now first, and hours when it was sold out as none", () => {
  let past = look([], -4, 400);
  past = look(past, -2, 300);
  past = look(past, -1.5, 350);
  past = look(past, -1.4, -1);
  past = look(past, -1, null);
  past = look(past, 0, 500);
  expect(pricesOf(past, NOW)).toEqual([500, null, 350, 400, 400]);
});

it("forgets what is older than five days, and knows what it cost at their beginning", () => {
  let past = look([], -400, 1);
  for (let hours = -300; hours <= 0; hours += 7) past = look(past, hours, 1_000 - hours);
  expect(past.length).toBeLessThan(20);
  const prices = pricesOf(past, NOW) ?? [];
  expect(prices).toHaveLength(121);
  expect(prices.at(-1)).toBe(1_125);
});
