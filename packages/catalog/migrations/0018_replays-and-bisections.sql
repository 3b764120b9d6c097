CREATE TABLE "loramill"."bisections" (
	"id" text PRIMARY KEY NOT NULL,
	"project" text NOT NULL,
	"good" text NOT NULL,
	"bad" text NOT NULL,
	"grid" jsonb NOT NULL,
	"differences" jsonb NOT NULL,
	"trials" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"good_run" text,
	"bad_run" text,
	"notes" text[] NOT NULL,
	"budget_micro_usd" bigint,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"stopped_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "loramill"."runs" ADD COLUMN "replay_of" text;--> statement-breakpoint
ALTER TABLE "loramill"."bisections" ADD CONSTRAINT "bisections_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "bisections_by_project" ON "loramill"."bisections" USING btree ("project","id");