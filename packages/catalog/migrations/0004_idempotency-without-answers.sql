ALTER TABLE "loramill"."idempotency_keys" DROP COLUMN "status";--> statement-breakpoint
ALTER TABLE "loramill"."idempotency_keys" DROP COLUMN "response";