import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, Digest, digestOf, sha256Hex } from "./digest.ts";

/** The same value with the keys of all its objects in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}

describe("canonicalJson", () => {
  it("writes the example of RFC 8785, section 3.2.2", () => {
    const value = {
      numbers: [Number("333333333.33333329"), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it("sorts keys by UTF-16 code units, as section 3.2.3 has it", () => {
    const value = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 };
    expect(Object.keys(JSON.parse(canonicalJson(value))).length).toBe(7);
    expect([...canonicalJson(value).matchAll(/:(\d)/g)].map(([, digit]) => digit).join("")).toBe("2467153");
  });

  it("refuses what JSON cannot hold", () => {
    for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY, 1n]) {
      expect(() => canonicalJson(value)).toThrow();
    }
  });

  it("leaves out fields that are undefined, so that an optional field left out and unset are equal", () => {
    expect(canonicalJson({ a: 1, b: undefined })).toBe('{"a":1}');
  });

  it("is the same for equal values and reads back as the value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 300 },
    );
  });
});

describe("digestOf", () => {
  it("is the SHA-256 of the canonical form", () => {
    expect(digestOf({})).toBe("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    expect(sha256Hex(new Uint8Array())).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(Digest.parse(digestOf([1, 2]))).toBe(digestOf([1, 2]));
  });

  it("tells values apart that differ in a key, a type or an order that matters", () => {
    const values = [{ a: 1 }, { a: "1" }, { b: 1 }, [1, 2], [2, 1], null, "", 0, false, {}, []];
    expect(new Set(values.map(digestOf)).size).toBe(values.length);
  });
});
