CREATE TABLE "loramill"."imported_results" (
	"project" text NOT NULL,
	"key" text NOT NULL,
	"run" text NOT NULL,
	"step" text NOT NULL,
	"kind" text NOT NULL,
	"output" text NOT NULL,
	"items" integer NOT NULL,
	"summary" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "imported_results_project_key_run_pk" PRIMARY KEY("project","key","run")
);
--> statement-breakpoint
CREATE TABLE "loramill"."imports" (
	"run" text PRIMARY KEY NOT NULL,
	"project" text NOT NULL,
	"record" text NOT NULL,
	"bundle" text NOT NULL,
	"origin_run" text NOT NULL,
	"origin_project" text NOT NULL,
	"exported_by" text NOT NULL,
	"paid_micro_usd" bigint NOT NULL,
	"paid" jsonb NOT NULL,
	"reuse" boolean NOT NULL,
	"actor" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "imports_record" UNIQUE("project","record")
);
--> statement-breakpoint
ALTER TABLE "loramill"."imported_results" ADD CONSTRAINT "imported_results_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."imported_results" ADD CONSTRAINT "imported_results_run_imports_run_fk" FOREIGN KEY ("run") REFERENCES "loramill"."imports"("run") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."imports" ADD CONSTRAINT "imports_run_runs_id_fk" FOREIGN KEY ("run") REFERENCES "loramill"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."imports" ADD CONSTRAINT "imports_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "imported_results_of_run" ON "loramill"."imported_results" USING btree ("run");