import { expect, it } from "vitest";
import { type Attempt, nothing } from "./agent-attempts.ts";
import { chargesOf } from "./agent-charges.ts";

const attempt = (over: Partial<Attempt>): Attempt => ({
  ...{
    id: "1@gpu",
    agent: "http://gpu",
    machine: null,
    pod: null,
    jobId: "a",
    microUsdPerHour: 777_000,
    before: nothing,
  },
  ...{ used: nothing, endedMs: null, isSettled: false },
  ...over,
});
const sum = (charges: readonly { amountMicroUsd: number }[]) =>
  charges.reduce((total, { amountMicroUsd }) => total + amountMicroUsd, 0);

it("adds up to what the whole costs, to the micro-dollar, and tells the rest when all is known", () => {
  const used = { seconds: 30_012.5, microUsd: 6_477_698 };
  const running = chargesOf([attempt({ used })], "sd-scripts", "all");
  expect(running).toHaveLength(500);
  expect(sum(running)).toBeLessThan(used.microUsd);
  const settled = chargesOf([attempt({ used, isSettled: true })], "sd-scripts", "all");
  expect(settled.slice(0, 500)).toEqual(running);
  expect(sum(settled)).toBe(used.microUsd);
  expect(settled.at(-1)).toMatchObject({ quantity: 12.5, mark: "1@gpu:500" });
  expect(new Set(settled.map(({ mark }) => mark)).size).toBe(501);
});

it("names the rented machine whose bill it is a part of, and none for one of your own", () => {
  const used = { seconds: 70, microUsd: 15_109 };
  const rented = attempt({ used, isSettled: true, machine: "pod-1", pod: "mill-abc" });
  expect(chargesOf([rented], "sd-scripts", "all")).toMatchObject([{ pod: "mill-abc" }, { pod: "mill-abc" }]);
  expect(chargesOf([attempt({ used })], "sd-scripts", "all")[0]).not.toHaveProperty("pod");
});

it("tells the latest slices again while a training runs, the same each time", () => {
  const used = { seconds: 3_000, microUsd: 647_500 };
  const whole = chargesOf([attempt({ used, isSettled: true })], "sd-scripts", "all");
  expect(chargesOf([attempt({ used })], "sd-scripts", "some")).toEqual(whole.slice(-20));
});
