CREATE TABLE "loramill"."lora_aliases" (
	"project" text NOT NULL,
	"lora" text NOT NULL,
	"kind" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "lora_aliases_lora_kind_value_pk" PRIMARY KEY("lora","kind","value")
);
--> statement-breakpoint
CREATE TABLE "loramill"."lora_ratings" (
	"project" text NOT NULL,
	"lora" text NOT NULL,
	"by" text NOT NULL,
	"stars" integer NOT NULL,
	"comment" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "lora_ratings_lora_by_pk" PRIMARY KEY("lora","by")
);
--> statement-breakpoint
ALTER TABLE "loramill"."loras" ADD COLUMN "variant" text;--> statement-breakpoint
ALTER TABLE "loramill"."loras" ADD COLUMN "family_from" text;--> statement-breakpoint
ALTER TABLE "loramill"."loras" ADD COLUMN "dialect" text;--> statement-breakpoint
ALTER TABLE "loramill"."loras" ADD COLUMN "rank" integer;--> statement-breakpoint
ALTER TABLE "loramill"."loras" ADD COLUMN "trigger_words" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "loramill"."loras" ADD COLUMN "tags" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "loramill"."loras" ADD COLUMN "notes" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "loramill"."loras" ADD COLUMN "cover" text;--> statement-breakpoint
ALTER TABLE "loramill"."loras" ADD COLUMN "source" text DEFAULT 'trained' NOT NULL;--> statement-breakpoint
ALTER TABLE "loramill"."loras" ADD COLUMN "origin" text;--> statement-breakpoint
ALTER TABLE "loramill"."loras" ADD COLUMN "deleted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "loramill"."lora_aliases" ADD CONSTRAINT "lora_aliases_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."lora_aliases" ADD CONSTRAINT "lora_aliases_lora_loras_id_fk" FOREIGN KEY ("lora") REFERENCES "loramill"."loras"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."lora_ratings" ADD CONSTRAINT "lora_ratings_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."lora_ratings" ADD CONSTRAINT "lora_ratings_lora_loras_id_fk" FOREIGN KEY ("lora") REFERENCES "loramill"."loras"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "lora_aliases_by_value" ON "loramill"."lora_aliases" USING btree ("project","value");--> statement-breakpoint
CREATE UNIQUE INDEX "lora_aliases_names" ON "loramill"."lora_aliases" USING btree ("project","value") WHERE kind = 'name';--> statement-breakpoint
CREATE INDEX "generations_by_lora" ON "loramill"."generations" USING gin ("loras" jsonb_path_ops);--> statement-breakpoint
CREATE INDEX "loras_by_weights" ON "loramill"."loras" USING btree ("project","weights_sha256");--> statement-breakpoint
CREATE INDEX "loras_by_tensors" ON "loramill"."loras" USING btree ("project","tensors_sha256");--> statement-breakpoint
CREATE INDEX "loras_by_project" ON "loramill"."loras" USING btree ("project","id");--> statement-breakpoint
UPDATE "loramill"."loras" SET
	"trigger_words" = CASE WHEN "trigger_word" IS NULL THEN '{}' ELSE array["trigger_word"] END,
	"source" = CASE WHEN "dataset" IS NULL THEN 'made' ELSE 'trained' END,
	"family_from" = CASE WHEN "dataset" IS NULL THEN NULL ELSE 'recipe' END;
