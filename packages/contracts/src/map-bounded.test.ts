import { expect, it } from "vitest";
import { mapBounded } from "./map-bounded.ts";

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

it("answers in the order of the items, with no more at a time than allowed", async () => {
  let running = 0;
  let most = 0;
  const answers = await mapBounded([5, 1, 3, 2, 4], 2, async (ticks, index) => {
    running += 1;
    most = Math.max(most, running);
    for (let n = 0; n < ticks; n += 1) await tick();
    running -= 1;
    return `${index}:${ticks}`;
  });
  expect(answers).toEqual(["0:5", "1:1", "2:3", "3:2", "4:4"]);
  expect(most).toBe(2);
});

it("after a failure starts nothing more, and is over only when what ran has ended", async () => {
  const started: number[] = [];
  const ended: number[] = [];
  const working = mapBounded([0, 1, 2, 3, 4, 5], 3, async (item) => {
    started.push(item);
    if (item === 1) throw new Error("one failed");
    for (let n = 0; n < 10; n += 1) await tick();
    ended.push(item);
  });
  await expect(working).rejects.toThrow("one failed");
  const startedThen = [...started];
  expect(ended).toEqual(startedThen.filter((item) => item !== 1));
  for (let n = 0; n < 20; n += 1) await tick();
  expect(started).toEqual(startedThen);
  expect(started).not.toContain(5);
});

it("waits for what runs when the items themselves cannot be read on, and lets go of them after a failure", async () => {
  let isEnded = false;
  let isLetGo = false;
  async function* items(isBroken: boolean) {
    try {
      yield 1;
      if (isBroken) throw new Error("the list broke off");
      for (;;) yield 2;
    } finally {
      isLetGo = true;
    }
  }
  const slow = async () => {
    for (let n = 0; n < 10; n += 1) await tick();
    isEnded = true;
  };
  await expect(mapBounded(items(true), 4, slow)).rejects.toThrow("the list broke off");
  expect(isEnded).toBe(true);
  isLetGo = false;
  const fails = async () => Promise.reject(new Error("work failed"));
  await expect(mapBounded(items(false), 4, fails)).rejects.toThrow("work failed");
  expect(isLetGo).toBe(true);
});

it("takes a failure that is thrown before a promise is there, and no items at all", async () => {
  const throws = () => {
    throw new Error("at once");
  };
  await expect(mapBounded([1], 1, throws)).rejects.toThrow("at once");
  expect(await mapBounded([], 3, throws)).toEqual([]);
});
