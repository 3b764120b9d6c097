import {
  CreatedWebhook,
  DeliveryDetail,
  DeliveryPage,
  type DeliveryState,
  Redelivered,
  type RotateSecretInput,
  type WebhookBodyInput,
  type WebhookChange,
  type WebhookEventType,
  WebhookList,
  WebhookView,
} from "@loramill/contracts";
import type { Caller, PageOptions } from "./caller.ts";

interface OfProject {
  readonly project?: string;
  readonly signal?: AbortSignal;
}

/** `/v1/webhooks`: where events of a project are told. Changing that takes an admin key. */
export function webhookCalls({ call }: Pick<Caller, "call">) {
  const at = (webhook: string, rest = "") => `/v1/webhooks/${encodeURIComponent(webhook)}${rest}`;
  const post = "POST" as const;
  return {
    list: ({ signal, ...query }: OfProject = {}) => call({ path: "/v1/webhooks", query, answer: WebhookList, signal }),
    /** `secret`, which `readWebhook` checks messages with, is answered here and never again. */
    create: (body: WebhookBodyInput, { signal, ...query }: OfProject = {}) =>
      call({ method: post, path: "/v1/webhooks", query, body, answer: CreatedWebhook, signal }),
    get: (webhook: string, signal?: AbortSignal) => call({ path: at(webhook), answer: WebhookView, signal }),
    change: (webhook: string, body: WebhookChange, signal?: AbortSignal) =>
      call({ method: "PATCH", path: at(webhook), body, answer: WebhookView, signal }),
    remove: (webhook: string, signal?: AbortSignal) =>
      call({ method: "DELETE", path: at(webhook), answer: WebhookView, signal }),
    /** A new secret; messages are signed with the old one as well for `graceHours`. */
    rotate: (webhook: string, body: RotateSecretInput = {}, signal?: AbortSignal) =>
      call({ method: post, path: at(webhook, "/rotate"), body, answer: CreatedWebhook, signal }),
    /** Sends a message of type `webhook.test`; `delivery` tells what became of it. */
    test: (webhook: string, signal?: AbortSignal) =>
      call({ method: post, path: at(webhook, "/test"), answer: DeliveryDetail, signal }),
    deliveries: (
      webhook: string,
      { signal, ...query }: PageOptions & { state?: DeliveryState; event?: WebhookEventType } = {},
    ) => call({ path: at(webhook, "/deliveries"), query, answer: DeliveryPage, signal }),
    delivery: (webhook: string, message: string, signal?: AbortSignal) =>
      call({ path: at(webhook, `/deliveries/${encodeURIComponent(message)}`), answer: DeliveryDetail, signal }),
    redeliver: (webhook: string, message: string, signal?: AbortSignal) =>
      call({
        method: post,
        path: at(webhook, `/deliveries/${encodeURIComponent(message)}/redeliver`),
        answer: DeliveryDetail,
        signal,
      }),
    /** All that failed and happened at `since` (ISO 8601) or later. */
    redeliverFailed: (webhook: string, since: string, signal?: AbortSignal) =>
      call({ method: post, path: at(webhook, "/redeliver"), body: { since }, answer: Redelivered, signal }),
  };
}
