import fc from "fast-check";
import { expect, it } from "vitest";
import { nameOfSegment, pathOfKey, segmentOfName } from "./file/paths.ts";
import { assertSafeKey, assertSafePrefix, compareKeys } from "./keys.ts";

it.each(["a", "blobs/0a", "a b/ü/图.png", "..a", "a..", "...", "%2e%2e", "a\\b", "C:", "aux"])(
  "takes the key %j",
  (key) => {
    expect(() => assertSafeKey(key)).not.toThrow();
  },
);

it.each([
  "",
  "/",
  "/a",
  "a/",
  "a//b",
  "..",
  "../a",
  "a/..",
  "./a",
  "a\0",
  "a\nb",
  "\ud800",
  ".loramill/signing-key",
  "é".repeat(513),
])("refuses the key %j", (key) => {
  expect(() => assertSafeKey(key)).toThrow(/^the key/);
});

it("takes every beginning of a key for a prefix, and nothing that leads elsewhere", () => {
  for (const prefix of ["", "a", "a/", "a/b", "a/."]) expect(() => assertSafePrefix(prefix)).not.toThrow();
  for (const prefix of ["/", "../", "a//", "a/../b", "a\0", ".loramill/"])
    expect(() => assertSafePrefix(prefix)).toThrow(/^the prefix/);
});

it("gives every safe key a path of its own below the folder, and reads names back", () => {
  const segment = fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" });
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
      const key = segments.join("/");
      try {
        assertSafeKey(key);
      } catch {
        return;
      }
      const path = pathOfKey("/root/store", key);
      expect(path.startsWith("/root/store/")).toBe(true);
      expect(path.split("/").slice(3).map(segmentOfName).join("/")).toBe(key);
    }),
  );
});

it("escapes what a file system may forbid and does not take foreign names for keys", () => {
  expect(nameOfSegment('a:b*?"<>|\\%')).toBe("a%3ab%2a%3f%22%3c%3e%7c%5c%25");
  expect(nameOfSegment("ends.")).toBe("ends%2e");
  for (const foreign of ["100%", "a%2", "a:b", "a%41", "a%2E."]) expect(segmentOfName(foreign)).toBeNull();
});

it("orders keys by UTF-8 bytes", () => {
  expect(["😀", "ｚ", "a/b", "a-b", "a"].sort(compareKeys)).toEqual(["a", "a-b", "a/b", "ｚ", "😀"]);
});
