CREATE TABLE "loramill"."audit" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "loramill"."book_entries" (
	"provider" text NOT NULL,
	"kind" text NOT NULL,
	"remote_id" text NOT NULL,
	"from" timestamp with time zone NOT NULL,
	"to" timestamp with time zone NOT NULL,
	"amount_micro_usd" bigint NOT NULL,
	"read_at" timestamp with time zone NOT NULL,
	CONSTRAINT "book_entries_provider_kind_remote_id_from_pk" PRIMARY KEY("provider","kind","remote_id","from")
);
--> statement-breakpoint
CREATE TABLE "loramill"."ceilings" (
	"project" text NOT NULL,
	"period" text NOT NULL,
	"limit_micro_usd" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ceilings_project_period_pk" PRIMARY KEY("project","period")
);
--> statement-breakpoint
CREATE TABLE "loramill"."fleet" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"stopped" text,
	"stopped_by" text,
	"dry_run" boolean DEFAULT false NOT NULL,
	"decisions" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"planned_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "loramill"."offer_records" (
	"provider" text NOT NULL,
	"key" text NOT NULL,
	"good" double precision NOT NULL,
	"bad" double precision NOT NULL,
	"preemptions" double precision DEFAULT 0 NOT NULL,
	"hours" double precision DEFAULT 0 NOT NULL,
	"boots" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "offer_records_provider_key_pk" PRIMARY KEY("provider","key")
);
--> statement-breakpoint
CREATE TABLE "loramill"."offers" (
	"provider" text NOT NULL,
	"key" text NOT NULL,
	"offer" jsonb NOT NULL,
	"seen_at" timestamp with time zone NOT NULL,
	CONSTRAINT "offers_provider_key_pk" PRIMARY KEY("provider","key")
);
--> statement-breakpoint
CREATE TABLE "loramill"."pods" (
	"name" text PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"state" text NOT NULL,
	"run" text NOT NULL,
	"wanted_for" text[] NOT NULL,
	"candidates" jsonb NOT NULL,
	"intent" text DEFAULT 'open' NOT NULL,
	"asked" jsonb,
	"remote_id" text,
	"offer" jsonb,
	"address" text,
	"bill" jsonb NOT NULL,
	"lease_until" timestamp with time zone,
	"health" jsonb,
	"reason" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"rented_at" timestamp with time zone,
	"answered_at" timestamp with time zone,
	"busy_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "pods_state" CHECK (state in ('wanted', 'booting', 'ready', 'draining', 'ending', 'ended'))
);
--> statement-breakpoint
ALTER TABLE "loramill"."ledger" ADD COLUMN "pod" text;--> statement-breakpoint
CREATE INDEX "audit_of_subject" ON "loramill"."audit" USING btree ("subject","id");--> statement-breakpoint
CREATE INDEX "pods_living" ON "loramill"."pods" USING btree ("name") WHERE state <> 'ended';--> statement-breakpoint
CREATE INDEX "pods_by_run" ON "loramill"."pods" USING btree ("run");--> statement-breakpoint
CREATE INDEX "pods_by_time" ON "loramill"."pods" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "ledger_of_pod" ON "loramill"."ledger" USING btree ("pod") WHERE pod is not null;--> statement-breakpoint
CREATE INDEX "ledger_by_time" ON "loramill"."ledger" USING btree ("at");