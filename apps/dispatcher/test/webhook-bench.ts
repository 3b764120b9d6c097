import type { Catalog } from "@loramill/catalog";
import { type DeliveryView, newWebhookSecret, type WebhookEventType, type WebhookId } from "@loramill/contracts";
import { createSecretBox, createSender, defaultWebhookOptions } from "@loramill/webhooks";
import { createBell } from "../src/bell.ts";
import { type DeliveringDeps, deliverWebhooks } from "../src/webhooks/deliver-webhooks.ts";

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Soon tried again, and not given up. */
export const hasty = {
  ...defaultWebhookOptions,
  limits: { ...defaultWebhookOptions.limits, allowHttp: true, allowPrivateNetwork: true, timeoutMs: 30_000 },
  retry: { firstWaitMs: 20, longestWaitMs: 200, giveUpMs: 3_600_000, disableMs: 3_600_000 },
};

/** A sender of messages, as one process has it. */
export function startSending(
  catalog: Catalog,
  over: Partial<Omit<DeliveringDeps, "options">> & { readonly options?: Partial<typeof hasty> } = {},
): { stop(): Promise<void> } {
  const { options: changed, ...parts } = over;
  const options = { ...hasty, ...changed };
  const sender = createSender(options.limits, { now: () => new Date(), secrets: createSecretBox(options.secretKeys) });
  const stopping = new AbortController();
  const due = createBell();
  const deps = { outbox: catalog.webhookOutbox, sender, options, leaseMs: 60_000, random: Math.random, log: quiet };
  const listening = catalog.listen("loramill_webhooks", () => due.ring(), stopping.signal);
  const running = deliverWebhooks({ ...deps, ...parts }, due, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await running;
      await (await listening).close();
      await sender.close();
    },
  };
}

export interface TestWebhook {
  readonly id: WebhookId;
  readonly secret: string;
  /** Tells it something `count` times; answers the ids of the messages. */
  tell(count?: number): Promise<string[]>;
  /** Everything it was told, the first first. */
  deliveries(): Promise<DeliveryView[]>;
}

export async function addWebhook(
  catalog: Catalog,
  url: string,
  { project = "default", events = null }: { project?: string; events?: WebhookEventType[] | null } = {},
): Promise<TestWebhook> {
  const owner = (await catalog.projects.ensure(project)).id;
  const secret = newWebhookSecret();
  const { id } = await catalog.webhooks.create({ project: owner, url, events, description: "", secret });
  return {
    id,
    secret,
    async tell(count = 1) {
      const ids: string[] = [];
      for (let n = 0; n < count; n += 1) ids.push(await catalog.webhooks.test({ webhook: id }));
      return ids;
    },
    deliveries: async () => [...(await catalog.webhooks.deliveries({ webhook: id, limit: 200 })).items].reverse(),
  };
}
