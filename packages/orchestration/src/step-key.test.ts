import { digestOf } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { stepKey } from "./step-key.ts";
import { plannedStep } from "./testing/fixtures.ts";

const input = { source: digestOf("a") };

describe("stepKey", () => {
  it("is equal for equal parameters in any order of their keys", () => {
    const one = plannedStep({ params: { a: 1, b: { c: 2, d: 3 } } });
    const other = plannedStep({ params: { b: { d: 3, c: 2 }, a: 1 } });
    expect(stepKey(one, input)).toBe(stepKey(other, input));
  });

  it("changes with the job's version, the parameters and the inputs, and with nothing else", () => {
    const step = plannedStep();
    const key = stepKey(step, input);
    expect(stepKey({ ...step, jobVersion: 2 }, input)).not.toBe(key);
    expect(stepKey({ ...step, params: { resolution: 65 } }, input)).not.toBe(key);
    expect(stepKey(step, { source: digestOf("b") })).not.toBe(key);
    expect(stepKey({ ...step, ...{ name: "other", estimate: { items: 9, seconds: 9, microUsd: 9 } } }, input)).toBe(
      key,
    );
  });

  it("of a step that reads from outside follows the content and not the place", () => {
    const here = plannedStep({ external: digestOf("pixels"), params: { sources: ["/here"] } });
    const there = plannedStep({ external: digestOf("pixels"), params: { sources: ["/there"] } });
    expect(stepKey(here, {})).toBe(stepKey(there, {}));
    expect(stepKey({ ...here, external: digestOf("other pixels") }, {})).not.toBe(stepKey(here, {}));
  });
});
