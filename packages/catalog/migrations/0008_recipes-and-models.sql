CREATE TABLE "loramill"."models" (
	"id" text PRIMARY KEY NOT NULL,
	"family" text NOT NULL,
	"source" jsonb NOT NULL,
	"licence" jsonb,
	"files" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "loramill"."recipes" (
	"project" text NOT NULL,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"recipe" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "recipes_project_name_pk" PRIMARY KEY("project","name")
);
--> statement-breakpoint
ALTER TABLE "loramill"."recipes" ADD CONSTRAINT "recipes_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;