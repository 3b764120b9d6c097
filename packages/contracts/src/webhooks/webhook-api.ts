import { z } from "zod";
import { PageQuery, page } from "../api.ts";
import { MessageId, WebhookId } from "../ids.ts";
import { Name } from "../name.ts";
import { WebhookEventType, WebhookMessage } from "./webhook-events.ts";

/** The shapes of `/v1/webhooks`. Times are ISO 8601 in UTC. */
const Time = z.iso.datetime();
const WebhookUrl = z
  .url({ protocol: /^https?$/ })
  .max(2_000)
  .describe("Where messages are sent; https://, and a public server, unless the operator allows others");
const Events = z
  .array(WebhookEventType)
  .min(1)
  .max(50)
  .nullable()
  .describe("Which events are told; null: all, also those that come later");
const Description = z.string().max(500);

export const WebhookBody = z.strictObject({
  url: WebhookUrl,
  events: Events.default(null),
  description: Description.default(""),
});
export type WebhookBodyInput = z.input<typeof WebhookBody>;

export const WebhookChange = z
  .strictObject({ url: WebhookUrl, events: Events, description: Description, enabled: z.boolean() })
  .partial();
export type WebhookChange = z.output<typeof WebhookChange>;

export const WebhookView = z.object({
  id: WebhookId,
  project: z.string(),
  url: z.string(),
  events: Events,
  description: z.string(),
  enabled: z.boolean(),
  disabledReason: z.string().nullable().describe("Why it is told nothing; null while it is enabled"),
  failingSince: Time.nullable().describe("Since when no message has arrived; null while they do"),
  secrets: z
    .array(z.object({ createdAt: Time, expiresAt: Time.nullable() }))
    .describe("That messages are signed with, newest first; their values are shown once"),
  pending: z.int().describe("Messages that are still to be delivered"),
  createdAt: Time,
});
export type WebhookView = z.output<typeof WebhookView>;
export const WebhookList = z.object({ items: z.array(WebhookView) });
/** `secret` is shown once: when the webhook is made, and when its secret is replaced. */
export const CreatedWebhook = WebhookView.extend({ secret: z.string() });
export type CreatedWebhook = z.output<typeof CreatedWebhook>;

export const RotateSecret = z.strictObject({
  graceHours: z.number().min(0).max(168).default(24).describe("How long messages are signed with the old one as well"),
});
export type RotateSecretInput = z.input<typeof RotateSecret>;

export const DeliveryState = z.enum(["pending", "delivered", "failed"]);
export type DeliveryState = z.output<typeof DeliveryState>;

/** One message to one webhook. */
export const DeliveryView = z.object({
  message: MessageId.describe("The header webhook-id: the same over all attempts"),
  event: z.string(),
  subject: z.string().describe("What it is about, such as a run"),
  state: DeliveryState,
  attempts: z.int(),
  createdAt: Time,
  nextAttemptAt: Time.nullable().describe("Null when it has ended"),
  lastAttemptAt: Time.nullable(),
  status: z.int().nullable().describe("Of the last answer; null where there was none"),
  durationMs: z.int().nullable().describe("Of the last attempt"),
  error: z.string().nullable().describe("Why the last attempt did not deliver it"),
  endedAt: Time.nullable(),
});
export type DeliveryView = z.output<typeof DeliveryView>;
export const DeliveryDetail = DeliveryView.extend({ body: WebhookMessage });
export type DeliveryDetail = z.output<typeof DeliveryDetail>;
export const DeliveryPage = page(DeliveryView);
export const DeliveryQuery = PageQuery.extend({
  state: DeliveryState.optional(),
  event: WebhookEventType.optional(),
});

export const RedeliverRequest = z.strictObject({
  since: z.iso.datetime({ offset: true }).describe("All that failed and were made at this moment or later"),
});
export const Redelivered = z.object({ messages: z.int().describe("That are sent again, at most 10,000 at once") });

export const WebhookQuery = z.object({ project: Name.default("default") });
