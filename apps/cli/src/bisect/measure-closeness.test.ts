import { expect, test } from "vitest";
import { serveDrawn } from "../../test/support/drawn-runs.ts";
import { openCloseness } from "./measure-closeness.ts";

const bisection = { good: { id: "lor_1", name: "dog", version: 3, run: "good" } } as never;

test("the good one is 1, whatever it draws, and others are as far as they are from its pictures", async () => {
  const client = serveDrawn({ good: [190, 180, 210], near: [200, 201, 219], far: [60, 50, 70] });
  const measure = await openCloseness(client, bisection);
  expect(await measure("good")).toBe(1);
  expect(await measure("near")).toBeLessThan(0.3);
  expect(await measure("far")).toBeGreaterThan(4);
});

test("what cannot be compared is said", async () => {
  const measure = await openCloseness(serveDrawn({ good: [190, 180], short: [190] }), bisection);
  await expect(measure("short")).rejects.toMatchObject({
    code: "not-comparable",
    message: expect.stringContaining("short drew 1 pictures, and the good one 2"),
  });
  await expect(openCloseness(serveDrawn({ good: [] }), bisection)).rejects.toThrow("good drew nothing");
  await expect(openCloseness(serveDrawn({ good: [9] }, { frames: 16 }), bisection)).rejects.toThrow("draws clips");
});
