CREATE TABLE "loramill"."fires" (
	"id" text PRIMARY KEY NOT NULL,
	"schedule" text NOT NULL,
	"fire_at" timestamp with time zone NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"origin" text NOT NULL,
	"state" text NOT NULL,
	"reason" text,
	"error" jsonb,
	"run" text,
	"admitted_at" timestamp with time zone,
	"epoch" integer DEFAULT 0 NOT NULL,
	"held_until" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"settled_at" timestamp with time zone,
	CONSTRAINT "fires_time" UNIQUE("schedule","fire_at"),
	CONSTRAINT "fires_state" CHECK (state in ('waiting', 'due', 'started', 'skipped', 'missed', 'refused', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "loramill"."schedules" (
	"id" text PRIMARY KEY NOT NULL,
	"project" text NOT NULL,
	"name" text NOT NULL,
	"run" jsonb NOT NULL,
	"run_name" text NOT NULL,
	"timing" jsonb NOT NULL,
	"starts_at" timestamp with time zone,
	"ends_at" timestamp with time zone,
	"jitter_seconds" integer NOT NULL,
	"overlap" text NOT NULL,
	"catch_up_minutes" integer NOT NULL,
	"deadline_minutes" integer,
	"monthly_budget_micro_usd" bigint,
	"pause_after_failures" integer,
	"failures" integer DEFAULT 0 NOT NULL,
	"paused_reason" text,
	"paused_by" text,
	"paused_at" timestamp with time zone,
	"next_fire_at" timestamp with time zone,
	"next_due_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "schedules_name" UNIQUE("project","name")
);
--> statement-breakpoint
ALTER TABLE "loramill"."fires" ADD CONSTRAINT "fires_schedule_schedules_id_fk" FOREIGN KEY ("schedule") REFERENCES "loramill"."schedules"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."schedules" ADD CONSTRAINT "schedules_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "fires_waiting" ON "loramill"."fires" USING btree ("schedule") WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX "fires_due" ON "loramill"."fires" USING btree ("due_at") WHERE state = 'due';--> statement-breakpoint
CREATE INDEX "fires_run" ON "loramill"."fires" USING btree ("run") WHERE run is not null;--> statement-breakpoint
CREATE INDEX "schedules_due" ON "loramill"."schedules" USING btree ("next_due_at") WHERE paused_at is null and next_due_at is not null;