import { defineConfig } from "@loramill/contracts";
import type { GuardRules } from "@loramill/url-guard";
import { z } from "zod";
import { KEY_BYTES } from "./secret-box.ts";

/** Bounds of one attempt, and which receivers are allowed at all. */
export interface SendLimits extends GuardRules {
  /** From the first packet to the headers of the answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** How long a message is tried, and when a receiver is given up; all in milliseconds. */
export interface RetryPolicy {
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  readonly giveUpMs: number;
  readonly disableMs: number;
}

export interface WebhookOptions {
  readonly limits: SendLimits;
  readonly retry: RetryPolicy;
  /** Attempts under way in one process, and to one webhook from all processes. */
  readonly parallel: number;
  readonly perWebhook: number;
  /** How long messages that were delivered or given up are kept. */
  readonly keepMs: number;
  /** What secrets are sealed with at rest: the first seals, all open. None: they are kept as they are. */
  readonly secretKeys: readonly Buffer[];
}

const HOUR_MS = 3_600_000;
const hours = (text: number): number => Math.round(text * HOUR_MS);
const keysOf = (list: string): Buffer[] =>
  list
    .split(",")
    .filter((text) => text.trim() !== "")
    .map((text) => Buffer.from(text.trim(), "base64"));

/** What whoever takes webhooks and whoever sends to them go by: the same in both. */
export const webhookConfig = defineConfig(
  {
    WEBHOOK_ALLOW_PRIVATE_NETWORK: z
      .stringbool()
      .default(false)
      .describe("Whether webhooks may lead to this machine and private networks; cloud metadata never"),
    WEBHOOK_ALLOW_HTTP: z.stringbool().default(false).describe("Whether webhooks may be plain http://"),
    WEBHOOK_TIMEOUT_SECONDS: z.coerce
      .number()
      .positive()
      .max(120)
      .default(15)
      .describe("Longest time until a receiver has answered, in seconds"),
    WEBHOOK_FIRST_RETRY_SECONDS: z.coerce
      .number()
      .positive()
      .max(3600)
      .default(5)
      .describe("Pause before the first retry of a message; each later one is twice the time tried so far, in seconds"),
    WEBHOOK_LONGEST_RETRY_HOURS: z.coerce
      .number()
      .positive()
      .max(72)
      .default(6)
      .describe("Longest pause between two attempts, in hours"),
    WEBHOOK_GIVE_UP_HOURS: z.coerce
      .number()
      .positive()
      .max(720)
      .default(72)
      .describe("How long a message is tried before it has failed, in hours"),
    WEBHOOK_DISABLE_HOURS: z.coerce
      .number()
      .positive()
      .max(8_760)
      .default(120)
      .describe("A webhook that has taken no message for this long is disabled, in hours"),
    WEBHOOK_PARALLEL: z.coerce
      .number()
      .int()
      .min(1)
      .max(1_024)
      .default(128)
      .describe("Attempts under way in a process"),
    WEBHOOK_PARALLEL_PER_WEBHOOK: z.coerce
      .number()
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe("Attempts under way to one webhook; one while it fails"),
    WEBHOOK_KEEP_DAYS: z.coerce
      .number()
      .min(1)
      .max(3_650)
      .default(30)
      .describe("How long messages are kept that were delivered or given up, in days"),
    WEBHOOK_SECRET_KEYS: z
      .string()
      .refine((list) => keysOf(list).every((key) => key.byteLength === KEY_BYTES), "expected 32 bytes each, as base64")
      .default("")
      .describe(
        "Keys that secrets of webhooks are encrypted with in the catalog, 32 bytes as base64; the first for new ones, others after commas; empty: none are",
      ),
  },
  (env): WebhookOptions => ({
    limits: {
      allowPrivateNetwork: env.WEBHOOK_ALLOW_PRIVATE_NETWORK,
      allowHttp: env.WEBHOOK_ALLOW_HTTP,
      variables: "WEBHOOK",
      timeoutMs: Math.round(env.WEBHOOK_TIMEOUT_SECONDS * 1000),
    },
    retry: {
      firstWaitMs: Math.round(env.WEBHOOK_FIRST_RETRY_SECONDS * 1000),
      longestWaitMs: hours(env.WEBHOOK_LONGEST_RETRY_HOURS),
      giveUpMs: hours(env.WEBHOOK_GIVE_UP_HOURS),
      disableMs: hours(env.WEBHOOK_DISABLE_HOURS),
    },
    parallel: env.WEBHOOK_PARALLEL,
    perWebhook: env.WEBHOOK_PARALLEL_PER_WEBHOOK,
    keepMs: hours(env.WEBHOOK_KEEP_DAYS * 24),
    secretKeys: keysOf(env.WEBHOOK_SECRET_KEYS),
  }),
);

/** Where nothing was configured. */
export const defaultWebhookOptions: WebhookOptions = webhookConfig.options(webhookConfig.env.parse({}));
