import { expect, test } from "vitest";
import { fieldsOf } from "./fields-of.ts";

test("a field is given its text, and changes nothing else", () => {
  const changes: object[] = [];
  const field = fieldsOf({ name: "zorb", budget: "", count: 1 }, (part) => changes.push(part));
  expect(field("name").value).toBe("zorb");
  field("budget").onChange("2");
  expect(changes).toEqual([{ budget: "2" }]);
});
