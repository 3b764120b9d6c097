import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { webhookEvents } from "./webhook-events.ts";

it("every example is what its event tells, and holds nothing else", () => {
  for (const [type, { data, example }] of Object.entries(webhookEvents))
    expect(data.parse(example), type).toEqual(example);
});

it("docs/webhooks.md has every event with what it means and its example, and no other", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../../docs/webhooks.md"), "utf8");
  const rows = page.split("\n").filter((line) => /^\| `[a-z]+\./.test(line));
  expect(rows).toEqual(
    Object.entries(webhookEvents).map(
      ([type, { means, example }]) => `| \`${type}\` | ${means} | \`${JSON.stringify(example)}\` |`,
    ),
  );
});
