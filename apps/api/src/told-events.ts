import { WebhookMessage, webhookEvents } from "@loramill/contracts";
import { z } from "zod";

/** The `webhooks` of the OpenAPI description: every event that is told, with what its receiver gets. */
export function toldEvents(): Record<string, object> {
  return Object.fromEntries(
    Object.entries(webhookEvents).map(([type, { means, data, example }]) => {
      const message = WebhookMessage.extend({ type: z.literal(type), data });
      const shown = { type, version: 1, timestamp: "2026-11-21T10:00:00.000Z", project: "default", data: example };
      const schema = z.toJSONSchema(message, { io: "output", target: "openapi-3.0", unrepresentable: "any" });
      const content = { "application/json": { schema, examples: { one: { value: shown } } } };
      const parameters = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => ({
        ...{ name, in: "header", required: true, schema: { type: "string" } },
      }));
      const responses = { "2XX": { description: "Taken; anything else is tried again, and 410 ends the webhook" } };
      const post = { summary: means, tags: ["webhooks"], security: [], parameters };
      return [type, { post: { ...post, requestBody: { required: true, content }, responses } }];
    }),
  );
}
