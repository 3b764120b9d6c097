import { expect, it } from "vitest";
import { livingSecrets, replaceSecret } from "./secrets.ts";

const at = (hour: number) => new Date(Date.UTC(2026, 10, 21, hour));
const replaced = (secrets: Parameters<typeof replaceSecret>[0], value: string, hour: number, graceHours: number) =>
  replaceSecret(secrets, { value, graceMs: graceHours * 3_600_000, now: at(hour) });
const valuesAt = (secrets: Parameters<typeof livingSecrets>[0], hour: number) =>
  livingSecrets(secrets, at(hour)).map(({ value }) => value);

it("the old secret signs as well for the grace period, and not after it", () => {
  const two = replaced(replaced([], "a", 1, 0), "b", 2, 4);
  expect(valuesAt(two, 5)).toEqual(["b", "a"]);
  expect(valuesAt(two, 6)).toEqual(["b"]);
});

it("a secret that is known to others ends at once with all before it", () => {
  expect(valuesAt(replaced(replaced(replaced([], "a", 1, 0), "b", 2, 4), "c", 3, 0), 3)).toEqual(["c"]);
});

it("an old secret never lives longer because it is replaced again, and three sign at most", () => {
  const three = replaced(replaced(replaced([], "a", 1, 0), "b", 2, 2), "c", 3, 10);
  expect(valuesAt(three, 3)).toEqual(["c", "b", "a"]);
  expect(valuesAt(three, 5)).toEqual(["c", "b"]);
  expect(valuesAt(replaced(three, "d", 3, 10), 3)).toEqual(["d", "c", "b"]);
});
