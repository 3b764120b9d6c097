import { expect, it } from "vitest";
import { webhookEvents } from "./webhook-events.ts";

it("every example is what its event tells, and holds nothing else", () => {
  for (const [type, { data, example }] of Object.entries(webhookEvents))
    expect(data.parse(example), type).toEqual(example);
});
