import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";
import { createWebhookMetrics } from "./webhook-metrics.ts";

test("attempts are counted by what came of them, and so are webhooks that were disabled", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const { observe, setWaiting } = createWebhookMetrics(metrics);
  const trouble = { status: 500, durationMs: 300, error: "it answered 500", waitMs: 5_000 } as const;
  observe({ kind: "delivered", status: 204, durationMs: 20 });
  observe({ ...trouble, kind: "retry", disable: null });
  observe({ ...trouble, kind: "failed", disable: "gone" });
  setWaiting({ pending: 3, overdueSeconds: 1.5 });
  const lines = (await metrics.render()).split("\n").filter((line) => /^loramill_webhook(?!.*bucket)/.test(line));
  expect(lines).toEqual([
    'loramill_webhook_attempts_total{outcome="delivered"} 1',
    'loramill_webhook_attempts_total{outcome="retry"} 1',
    'loramill_webhook_attempts_total{outcome="failed"} 1',
    "loramill_webhooks_disabled_total 1",
    "loramill_webhook_attempt_seconds_sum 0.62",
    "loramill_webhook_attempt_seconds_count 3",
    "loramill_webhook_pending 3",
    "loramill_webhook_overdue_seconds 1.5",
  ]);
});
