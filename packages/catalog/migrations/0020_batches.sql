CREATE TABLE "loramill"."batch_members" (
	"batch" text NOT NULL,
	"number" integer NOT NULL,
	"name" text NOT NULL,
	"values" jsonb NOT NULL,
	"spec" jsonb NOT NULL,
	"run" text,
	"error" jsonb,
	CONSTRAINT "batch_members_batch_number_pk" PRIMARY KEY("batch","number"),
	CONSTRAINT "batch_members_run_unique" UNIQUE("run")
);
--> statement-breakpoint
CREATE TABLE "loramill"."batches" (
	"id" text PRIMARY KEY NOT NULL,
	"project" text NOT NULL,
	"name" text NOT NULL,
	"total" integer NOT NULL,
	"budget_micro_usd" bigint,
	"deadline" timestamp with time zone,
	"max_failures" integer,
	"cancel_requested_at" timestamp with time zone,
	"stopped" jsonb,
	"idempotency_key" text,
	"request_digest" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "loramill"."bulk_changes" (
	"id" text PRIMARY KEY NOT NULL,
	"project" text,
	"token" text NOT NULL,
	"action" jsonb NOT NULL,
	"filter" jsonb NOT NULL,
	"matching" integer NOT NULL,
	"runs" jsonb NOT NULL,
	"spent_micro_usd" bigint NOT NULL,
	"reserved_micro_usd" bigint NOT NULL,
	"outstanding_micro_usd" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"outcome" jsonb
);
--> statement-breakpoint
ALTER TABLE "loramill"."runs" ADD COLUMN "batch" text;--> statement-breakpoint
ALTER TABLE "loramill"."batch_members" ADD CONSTRAINT "batch_members_batch_batches_id_fk" FOREIGN KEY ("batch") REFERENCES "loramill"."batches"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."batches" ADD CONSTRAINT "batches_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "batch_members_waiting" ON "loramill"."batch_members" USING btree ("batch","number") WHERE run is null and error is null;--> statement-breakpoint
CREATE INDEX "batches_by_project" ON "loramill"."batches" USING btree ("project","id");--> statement-breakpoint
CREATE UNIQUE INDEX "batches_key" ON "loramill"."batches" USING btree ("project","idempotency_key") WHERE idempotency_key is not null;--> statement-breakpoint
CREATE INDEX "bulk_changes_old" ON "loramill"."bulk_changes" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "runs_of_batch" ON "loramill"."runs" USING btree ("batch","id") WHERE batch is not null;