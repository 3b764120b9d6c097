CREATE TABLE "loramill"."rate_limits" (
	"endpoint" text PRIMARY KEY NOT NULL,
	"next_at" double precision DEFAULT 0 NOT NULL,
	"held_until" double precision DEFAULT 0 NOT NULL,
	"holders" jsonb DEFAULT '{}'::jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "loramill"."captions" ADD COLUMN "document" text;--> statement-breakpoint
ALTER TABLE "loramill"."captions" ADD COLUMN "dataset" text;--> statement-breakpoint
ALTER TABLE "loramill"."captions" ADD COLUMN "author" text;--> statement-breakpoint
UPDATE "loramill"."captions" c SET "document" = j."output"->>'digest' FROM "loramill"."jobs" j WHERE j."id" = c."job";
