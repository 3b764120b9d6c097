import type { MessageId, WebhookId } from "../ids.ts";

/** A message to a webhook, leased to one sender. */
export interface LeasedDelivery {
  readonly webhook: WebhookId;
  readonly message: MessageId;
  readonly type: string;
  readonly url: string;
  /** As they are kept, newest first; every message is signed with all of them. */
  readonly secrets: readonly string[];
  readonly body: string;
  /** From 1, counting those whose sender was lost; the lease is void once another has raised it. */
  readonly attempt: number;
  /** Since the message was made, or somebody asked for it again. */
  readonly triedMs: number;
  /** Since when the webhook has taken no message; 0 while it does. */
  readonly failingMs: number;
}

/** What an attempt came to, and what is to be done. */
export type DeliveryOutcome =
  | { readonly kind: "delivered"; readonly status: number; readonly durationMs: number }
  | {
      readonly kind: "retry" | "failed";
      /** Of the answer; null where there was none. */
      readonly status: number | null;
      readonly durationMs: number;
      readonly error: string;
      /** Until the next attempt, for `retry`. */
      readonly waitMs: number;
      /** Why the webhook is told nothing from now on; null: it stays. */
      readonly disable: string | null;
    };

/** The messages that are still to be delivered, as whoever sends them needs them. */
export interface WebhookOutbox {
  /**
   * Leases what is due, at most `limit`, and at most `perWebhook` of one webhook over all processes; one of a webhook that is
   * failing. A message is left out while an earlier one of its subject is under way or has never been tried.
   */
  lease(request: {
    readonly limit: number;
    readonly perWebhook: number;
    /** After this long without an outcome somebody else may send it. */
    readonly leaseMs: number;
  }): Promise<LeasedDelivery[]>;
  /** Whether the outcome counted: not where the lease was over and somebody else had taken it, or the webhook is gone. */
  settle(delivery: LeasedDelivery, outcome: DeliveryOutcome): Promise<boolean>;
  /** Gives a lease back that was not used to its end, so that the message is due at once. */
  release(delivery: LeasedDelivery): Promise<void>;
}
