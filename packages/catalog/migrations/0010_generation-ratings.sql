CREATE TABLE "loramill"."generation_ratings" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"project" text NOT NULL,
	"generation" text NOT NULL,
	"manifest" text NOT NULL,
	"rater" text NOT NULL,
	"stars" integer NOT NULL,
	"comment" text NOT NULL,
	"batch" text,
	"arm" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "loramill"."generation_ratings" ADD CONSTRAINT "generation_ratings_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."generation_ratings" ADD CONSTRAINT "generation_ratings_generation_generations_id_fk" FOREIGN KEY ("generation") REFERENCES "loramill"."generations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "generation_ratings_of_generation" ON "loramill"."generation_ratings" USING btree ("generation","id");--> statement-breakpoint
CREATE INDEX "generation_ratings_standing" ON "loramill"."generation_ratings" USING btree ("project","id") WHERE revoked_at is null;--> statement-breakpoint
CREATE INDEX "generation_ratings_by_batch" ON "loramill"."generation_ratings" USING btree ("project","batch");--> statement-breakpoint
CREATE INDEX "generation_ratings_by_rater" ON "loramill"."generation_ratings" USING btree ("project","rater");