import { webhookEvents } from "@loramill/contracts";
import { expect, it } from "vitest";
import { toldEvents } from "./told-events.ts";

it("describes every event that webhooks are told, with a schema that its example fits into", () => {
  const told = toldEvents();
  expect(Object.keys(told)).toEqual(Object.keys(webhookEvents));
  expect(told["lora.released"]).toMatchObject({
    post: {
      summary: webhookEvents["lora.released"].means,
      requestBody: {
        content: {
          "application/json": {
            schema: {
              type: "object",
              required: ["type", "version", "timestamp", "project", "data"],
              properties: { data: { properties: { lora: { required: ["id", "name", "version", "family"] } } } },
            },
            examples: { one: { value: { type: "lora.released", version: 1 } } },
          },
        },
      },
    },
  });
});
