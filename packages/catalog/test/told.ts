import { newWebhookSecret, type WebhookEventType, WebhookMessage } from "@loramill/contracts";
import type { Catalog } from "../src/index.ts";

type Listener = Awaited<ReturnType<Catalog["webhooks"]["create"]>>;

/** A webhook of a project, for all events or these. */
export async function listen(
  catalog: Catalog,
  project: string,
  events: WebhookEventType[] | null = null,
): Promise<Listener> {
  const { id } = await catalog.projects.ensure(project);
  const hook = { url: "https://example.com/hook", description: "", secret: newWebhookSecret() };
  return catalog.webhooks.create({ ...hook, project: id, events });
}

/** What a webhook was told, the first first. */
export async function told(catalog: Catalog, webhook: Listener["id"]): Promise<WebhookMessage[]> {
  const { items } = await catalog.webhooks.deliveries({ webhook, limit: 200 });
  const whole = await Promise.all(items.map(({ message }) => catalog.webhooks.delivery({ webhook, message })));
  return whole.reverse().map((one) => {
    if (one === null) throw new Error("a delivery vanished");
    return WebhookMessage.parse(one.body);
  });
}
