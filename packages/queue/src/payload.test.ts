import { makeId } from "@loramill/contracts";
import { describe, expect, test } from "vitest";
import { jsonBytes, queueIdOf, readPayload, writePayload } from "./payload.ts";

const delivery = { job: makeId("job", "0198f300-0000-7000-8000-000000000001"), release: 3 };

test("the queue id names the job and its release", () => {
  expect(queueIdOf(delivery)).toBe(`${delivery.job}.3`);
});

test("sizes are those of the bytes, not of the characters", () => {
  expect(jsonBytes("ü")).toBe(4);
  expect(jsonBytes(undefined)).toBe(0);
});

describe("writing", () => {
  test("a delivery is written as it is", () => {
    expect(writePayload(delivery)).toEqual(delivery);
  });

  test("a delivery over 16 KB is refused before anything else is looked at", () => {
    const large = { ...delivery, note: "x".repeat(20_000) };
    expect(() => writePayload(large)).toThrow(expect.objectContaining({ code: "payload-too-large" }));
  });

  test("anything besides job and release is refused", () => {
    const chatty = { ...delivery, note: "x" };
    expect(() => writePayload(chatty)).toThrow(expect.objectContaining({ code: "bad-payload" }));
  });
});

describe("reading", () => {
  test("what was written is read back", () => {
    expect(readPayload(delivery, queueIdOf(delivery))).toEqual({ ok: true, delivery });
  });

  test.each([
    ["nothing", undefined],
    ["a word", "hello"],
    ["another id", { job: "run_1", release: 1 }],
    ["a release that is no count", { ...delivery, release: -1 }],
    ["an unknown field", { ...delivery, more: 1 }],
  ])("%s is no delivery", (_what, data) => {
    expect(readPayload(data, queueIdOf(delivery))).toMatchObject({ ok: false });
  });

  test("a delivery under the id of another is not taken", () => {
    expect(readPayload(delivery, `${delivery.job}.4`)).toMatchObject({
      ok: false,
      reason: expect.stringContaining(".4"),
    });
  });
});
