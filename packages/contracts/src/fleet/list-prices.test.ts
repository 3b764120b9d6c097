import { describe, expect, it } from "vitest";
import { z } from "zod";
import { cheapestOf, listPrices, listPriceVariables, readListPrices } from "./list-prices.ts";

const schema = z.object(listPriceVariables);
const read = (env: Readonly<Record<string, string>>) => readListPrices(schema.parse(env).RUNPOD_SEED_PRICES);

describe("list prices", () => {
  it("are known by cloud unless a deployment says otherwise", () => {
    expect(read({}).get("NVIDIA GeForce RTX 4090")).toEqual({ secure: 0.69, community: 0.34 });
    expect(read({}).get("NVIDIA H200")).toEqual({ secure: 3.99, community: null });
    expect(read({})).toEqual(listPrices);
  });

  it("are taken from a text, one for both clouds or one for each", () => {
    const text = "NVIDIA L4=0.44 | NVIDIA A40 = 0.44 / 0.3 | NVIDIA B200=-/5";
    expect([...read({ RUNPOD_SEED_PRICES: text })]).toEqual([
      ["NVIDIA L4", { secure: 0.44, community: 0.44 }],
      ["NVIDIA A40", { secure: 0.44, community: 0.3 }],
      ["NVIDIA B200", { secure: null, community: 5 }],
    ]);
    expect(read({ RUNPOD_SEED_PRICES: "" }).size).toBe(0);
  });

  it.each(["NVIDIA L4", "NVIDIA L4=cheap", "NVIDIA L4=0.4/0.3/0.2", "=0.4"])("are not %s", (text) => {
    expect(schema.safeParse({ RUNPOD_SEED_PRICES: text }).success).toBe(false);
  });

  it("are the cheapest of the clouds that are rented from", () => {
    const prices = read({ RUNPOD_SEED_PRICES: "NVIDIA A40=0.44/0.3|NVIDIA H200=3.99/-" });
    expect([...cheapestOf(prices, ["SECURE", "COMMUNITY"])]).toEqual([
      ["NVIDIA A40", 0.3],
      ["NVIDIA H200", 3.99],
    ]);
    expect([...cheapestOf(prices, ["COMMUNITY"])]).toEqual([["NVIDIA A40", 0.3]]);
  });
});
