CREATE TABLE "loramill"."dispatcher" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"windows" jsonb NOT NULL,
	"project_cap" integer NOT NULL,
	"seen_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "loramill"."projects" DROP COLUMN "budget_micro_usd";