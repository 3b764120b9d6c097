CREATE SCHEMA IF NOT EXISTS "loramill";
--> statement-breakpoint
CREATE TABLE "loramill"."captions" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"project" text NOT NULL,
	"image" text NOT NULL,
	"path" text NOT NULL,
	"text" text NOT NULL,
	"provider" text NOT NULL,
	"raw" text NOT NULL,
	"run" text NOT NULL,
	"job" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "loramill"."dataset_versions" (
	"id" text PRIMARY KEY NOT NULL,
	"project" text NOT NULL,
	"name" text NOT NULL,
	"version" integer NOT NULL,
	"digest" text NOT NULL,
	"images" integer NOT NULL,
	"statistics" jsonb NOT NULL,
	"run" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "dataset_versions_digest" UNIQUE("project","name","digest")
);
--> statement-breakpoint
CREATE TABLE "loramill"."datasets" (
	"project" text NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "datasets_project_name_pk" PRIMARY KEY("project","name")
);
--> statement-breakpoint
CREATE TABLE "loramill"."generations" (
	"id" text PRIMARY KEY NOT NULL,
	"project" text NOT NULL,
	"run" text NOT NULL,
	"step" text NOT NULL,
	"job" text NOT NULL,
	"index" integer NOT NULL,
	"sha256" text NOT NULL,
	"bytes" bigint NOT NULL,
	"media_type" text NOT NULL,
	"prompt" text NOT NULL,
	"negative_prompt" text NOT NULL,
	"seed" bigint NOT NULL,
	"steps" integer NOT NULL,
	"guidance" double precision NOT NULL,
	"sampler" text NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"loras" jsonb NOT NULL,
	"base_model" text NOT NULL,
	"backend" text NOT NULL,
	"seconds" double precision NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "generations_of_step" UNIQUE("step","index")
);
--> statement-breakpoint
CREATE TABLE "loramill"."images" (
	"project" text NOT NULL,
	"sha256" text NOT NULL,
	"path" text NOT NULL,
	"bytes" bigint NOT NULL,
	"media_type" text NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"format" text NOT NULL,
	"pixels" text NOT NULL,
	"phash" text NOT NULL,
	"phash_mirrored" text NOT NULL,
	"dhash" text NOT NULL,
	"quality" jsonb NOT NULL,
	"content" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "images_project_sha256_pk" PRIMARY KEY("project","sha256")
);
--> statement-breakpoint
CREATE TABLE "loramill"."loras" (
	"id" text PRIMARY KEY NOT NULL,
	"project" text NOT NULL,
	"name" text NOT NULL,
	"version" integer NOT NULL,
	"document" text NOT NULL,
	"family" text NOT NULL,
	"base_model" text NOT NULL,
	"trigger_word" text,
	"weights_sha256" text NOT NULL,
	"tensors_sha256" text NOT NULL,
	"bytes" bigint NOT NULL,
	"dataset" text NOT NULL,
	"run" text NOT NULL,
	"step" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "loras_document" UNIQUE("project","document")
);
--> statement-breakpoint
CREATE TABLE "loramill"."jobs" (
	"id" text PRIMARY KEY NOT NULL,
	"run" text NOT NULL,
	"step" text NOT NULL,
	"project" text NOT NULL,
	"name" text NOT NULL,
	"queue" text NOT NULL,
	"ordinal" integer NOT NULL,
	"input" jsonb NOT NULL,
	"state" text NOT NULL,
	"epoch" integer DEFAULT 0 NOT NULL,
	"release" integer DEFAULT 0 NOT NULL,
	"attempts_spent" integer DEFAULT 0 NOT NULL,
	"workers_lost" integer DEFAULT 0 NOT NULL,
	"worker" text,
	"turn" jsonb,
	"output" jsonb,
	"error" jsonb,
	"progress" jsonb,
	"estimate_micro_usd" bigint DEFAULT 0 NOT NULL,
	"not_before" timestamp with time zone,
	"waiting_since" timestamp with time zone DEFAULT now() NOT NULL,
	"released_at" timestamp with time zone,
	"enqueued_at" timestamp with time zone,
	"heartbeat_at" timestamp with time zone,
	"cancel_requested_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "jobs_of_step" UNIQUE("step","ordinal"),
	CONSTRAINT "jobs_state" CHECK (state in ('waiting', 'released', 'active', 'parked', 'succeeded', 'failed', 'cancelled', 'quarantined'))
);
--> statement-breakpoint
CREATE TABLE "loramill"."runs" (
	"id" text PRIMARY KEY NOT NULL,
	"project" text NOT NULL,
	"name" text NOT NULL,
	"spec" jsonb NOT NULL,
	"lock" jsonb NOT NULL,
	"lock_digest" text NOT NULL,
	"state" text NOT NULL,
	"priority" integer NOT NULL,
	"budget_micro_usd" bigint,
	"spent_micro_usd" bigint DEFAULT 0 NOT NULL,
	"attention" boolean DEFAULT true NOT NULL,
	"cancel_requested_at" timestamp with time zone,
	"error" jsonb,
	"notes" text[] NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "runs_state" CHECK (state in ('planned', 'running', 'succeeded', 'failed', 'cancelled', 'exhausted'))
);
--> statement-breakpoint
CREATE TABLE "loramill"."steps" (
	"id" text PRIMARY KEY NOT NULL,
	"run" text NOT NULL,
	"ordinal" integer NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"queue" text NOT NULL,
	"planned" jsonb NOT NULL,
	"state" text NOT NULL,
	"reuse" boolean NOT NULL,
	"key" text,
	"inputs" jsonb,
	"output" text,
	"items" integer,
	"summary" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"progress" jsonb,
	"reused_run" text,
	"reused_step" text,
	"reason" text,
	"error" jsonb,
	"jobs_total" integer DEFAULT 0 NOT NULL,
	"jobs_waiting" integer DEFAULT 0 NOT NULL,
	"jobs_open" integer DEFAULT 0 NOT NULL,
	"jobs_succeeded" integer DEFAULT 0 NOT NULL,
	"jobs_failed" integer DEFAULT 0 NOT NULL,
	"jobs_cancelled" integer DEFAULT 0 NOT NULL,
	"spent_micro_usd" bigint DEFAULT 0 NOT NULL,
	"told_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "steps_of_run" UNIQUE("run","name"),
	CONSTRAINT "steps_state" CHECK (state in ('blocked', 'ready', 'running', 'succeeded', 'reused', 'failed', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "loramill"."api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"project" text NOT NULL,
	"name" text NOT NULL,
	"sha256" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "api_keys_sha256_unique" UNIQUE("sha256")
);
--> statement-breakpoint
CREATE TABLE "loramill"."idempotency_keys" (
	"project" text NOT NULL,
	"key" text NOT NULL,
	"request_digest" text NOT NULL,
	"status" integer,
	"response" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_project_key_pk" PRIMARY KEY("project","key")
);
--> statement-breakpoint
CREATE TABLE "loramill"."projects" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"weight" integer DEFAULT 1 NOT NULL,
	"max_open_jobs" integer,
	"budget_micro_usd" bigint,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "projects_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "loramill"."artifacts" (
	"key" text PRIMARY KEY NOT NULL,
	"id" text NOT NULL,
	"kind" text NOT NULL,
	"output" text NOT NULL,
	"items" integer NOT NULL,
	"summary" jsonb NOT NULL,
	"run" text NOT NULL,
	"step" text NOT NULL,
	"cost_micro_usd" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "loramill"."attempts" (
	"job" text NOT NULL,
	"epoch" integer NOT NULL,
	"run" text NOT NULL,
	"step" text NOT NULL,
	"worker" text NOT NULL,
	"release" integer NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"outcome" text,
	"error" jsonb,
	CONSTRAINT "attempts_job_epoch_pk" PRIMARY KEY("job","epoch")
);
--> statement-breakpoint
CREATE TABLE "loramill"."checkpoints" (
	"id" text PRIMARY KEY NOT NULL,
	"run" text NOT NULL,
	"job" text NOT NULL,
	"epoch" integer NOT NULL,
	"step" integer NOT NULL,
	"images_seen" integer NOT NULL,
	"paid_seconds" double precision NOT NULL,
	"object_prefix" text NOT NULL,
	"loss" double precision,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "checkpoints_of_job" UNIQUE("job","step","epoch")
);
--> statement-breakpoint
CREATE TABLE "loramill"."ledger" (
	"id" text NOT NULL,
	"run" text NOT NULL,
	"step" text NOT NULL,
	"job" text NOT NULL,
	"epoch" integer NOT NULL,
	"ordinal" integer NOT NULL,
	"kind" text NOT NULL,
	"supplier" text NOT NULL,
	"quantity" double precision NOT NULL,
	"unit" text NOT NULL,
	"amount_micro_usd" bigint NOT NULL,
	"note" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ledger_job_epoch_ordinal_pk" PRIMARY KEY("job","epoch","ordinal")
);
--> statement-breakpoint
CREATE TABLE "loramill"."quarantine" (
	"id" text PRIMARY KEY NOT NULL,
	"project" text,
	"run" text,
	"step" text,
	"job" text,
	"queue" text NOT NULL,
	"queue_id" text,
	"payload" text,
	"reason" text NOT NULL,
	"error" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "loramill"."run_events" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"run" text NOT NULL,
	"step" text,
	"job" text,
	"type" text NOT NULL,
	"data" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "loramill"."captions" ADD CONSTRAINT "captions_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."dataset_versions" ADD CONSTRAINT "dataset_versions_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."datasets" ADD CONSTRAINT "datasets_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."generations" ADD CONSTRAINT "generations_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."images" ADD CONSTRAINT "images_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."loras" ADD CONSTRAINT "loras_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."jobs" ADD CONSTRAINT "jobs_step_steps_id_fk" FOREIGN KEY ("step") REFERENCES "loramill"."steps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."runs" ADD CONSTRAINT "runs_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."steps" ADD CONSTRAINT "steps_run_runs_id_fk" FOREIGN KEY ("run") REFERENCES "loramill"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."api_keys" ADD CONSTRAINT "api_keys_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."idempotency_keys" ADD CONSTRAINT "idempotency_keys_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "captions_of_image" ON "loramill"."captions" USING btree ("project","image","id");--> statement-breakpoint
CREATE INDEX "captions_of_run" ON "loramill"."captions" USING btree ("run");--> statement-breakpoint
CREATE INDEX "generations_of_run" ON "loramill"."generations" USING btree ("run","index");--> statement-breakpoint
CREATE INDEX "generations_by_project" ON "loramill"."generations" USING btree ("project","id");--> statement-breakpoint
CREATE INDEX "loras_by_name" ON "loramill"."loras" USING btree ("project","name","version");--> statement-breakpoint
CREATE INDEX "loras_of_run" ON "loramill"."loras" USING btree ("run");--> statement-breakpoint
CREATE INDEX "jobs_waiting" ON "loramill"."jobs" USING btree ("step","ordinal") WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX "jobs_open" ON "loramill"."jobs" USING btree ("queue","id") WHERE state in ('released', 'active', 'parked');--> statement-breakpoint
CREATE INDEX "jobs_unsent" ON "loramill"."jobs" USING btree ("id") WHERE state in ('released', 'active', 'parked') and enqueued_at is null;--> statement-breakpoint
CREATE INDEX "runs_by_project" ON "loramill"."runs" USING btree ("project","id");--> statement-breakpoint
CREATE INDEX "runs_open" ON "loramill"."runs" USING btree ("id") WHERE state in ('planned', 'running');--> statement-breakpoint
CREATE INDEX "runs_attention" ON "loramill"."runs" USING btree ("id") WHERE attention;--> statement-breakpoint
CREATE INDEX "steps_ready" ON "loramill"."steps" USING btree ("id") WHERE state = 'ready';--> statement-breakpoint
CREATE UNIQUE INDEX "steps_live_key" ON "loramill"."steps" USING btree ("key") WHERE state = 'running' and reuse;--> statement-breakpoint
CREATE INDEX "steps_with_waiting" ON "loramill"."steps" USING btree ("id") WHERE jobs_waiting > 0 and state = 'running';--> statement-breakpoint
CREATE INDEX "artifacts_of_run" ON "loramill"."artifacts" USING btree ("run");--> statement-breakpoint
CREATE INDEX "attempts_of_run" ON "loramill"."attempts" USING btree ("run");--> statement-breakpoint
CREATE INDEX "ledger_of_run" ON "loramill"."ledger" USING btree ("run","id");--> statement-breakpoint
CREATE INDEX "quarantine_of_job" ON "loramill"."quarantine" USING btree ("job");--> statement-breakpoint
CREATE INDEX "quarantine_open" ON "loramill"."quarantine" USING btree ("id") WHERE resolved_at is null;--> statement-breakpoint
CREATE INDEX "run_events_of_run" ON "loramill"."run_events" USING btree ("run","id");