import { describe, expect, it } from "vitest";
import { readWaitMs } from "./rate-limit-headers.ts";
import { runpodConfig } from "./runpod-config.ts";
import { offersOfGpus } from "./runpod-offers.ts";

describe("the wait that an answer asks for", () => {
  const now = new Date("2026-11-20T10:00:00Z");
  const wait = (headers: Record<string, string>) => readWaitMs(new Headers(headers), now);

  it.each([
    [{}, undefined],
    [{ "retry-after": "12" }, 12_000],
    [{ "retry-after": "Fri, 20 Nov 2026 10:00:30 GMT" }, 30_000],
    [{ "retry-after": "Fri, 20 Nov 2026 09:00:00 GMT" }, 0],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "999999999" }, 3_600_000],
    [{ ratelimit: '"minute";r=0;t=12, "hour";r=2800;t=1812' }, 12_000],
    [{ ratelimit: '"minute";r=0;t=12, "hour";r=0;t=1812, "day";r=49500;t=45012' }, 1_812_000],
    [{ ratelimit: '"minute";r=3;t=12' }, undefined],
    [{ "retry-after": "2", ratelimit: '"minute";r=0;t=12' }, 2_000],
  ])("is read from %o", (headers, expected) => {
    expect(wait(headers)).toBe(expected);
  });
});

describe("RunPod's configuration", () => {
  const read = (env: Record<string, string>) => runpodConfig.options(runpodConfig.env.parse(env));

  it("takes words and prices as texts", () => {
    expect(read({ RUNPOD_CAPACITY_WORDS: "sold out | come back later" }).capacityWords).toEqual([
      "sold out",
      "come back later",
    ]);
    const { seedUsdPerHour } = read({ RUNPOD_SEED_PRICES: "NVIDIA L4=0.44/0.39" });
    expect([...seedUsdPerHour]).toEqual([["NVIDIA L4", { secure: 0.44, community: 0.39 }]]);
  });

  it("refuses prices that are none, and addresses that are not HTTPS", () => {
    expect(() => read({ RUNPOD_SEED_PRICES: "NVIDIA L4" })).toThrow(/must be like/);
    expect(() => read({ RUNPOD_API_URL: "http://api.example.com" })).toThrow(/https/);
  });
});

it("takes the configured price of a GPU whose price the catalogue leaves out, and offers none without any", () => {
  const gpu = { id: "NVIDIA L4", memory: 24, secure: true, community: false, price: { secure: 0, community: 0 } };
  const seeds = new Map([["NVIDIA L4", { secure: 0.44, community: 0.39 }]]);
  expect(offersOfGpus([gpu], "SECURE", seeds)).toMatchObject([{ pricePerHourMicroUsd: 440_000 }]);
  expect(offersOfGpus([gpu], "SECURE", new Map())).toEqual([]);
  expect(offersOfGpus([gpu], "COMMUNITY", seeds)).toEqual([]);
  expect(offersOfGpus([{ ...gpu, community: true }], "COMMUNITY", seeds)).toMatchObject([
    { pricePerHourMicroUsd: 390_000 },
  ]);
});
