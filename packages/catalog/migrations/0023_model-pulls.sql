CREATE TABLE "loramill"."model_pulls" (
	"model" text PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"state" text NOT NULL,
	"path" text NOT NULL,
	"done" bigint NOT NULL,
	"total" bigint,
	"error" text,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "loramill"."model_pulls" ADD CONSTRAINT "model_pulls_model_models_id_fk" FOREIGN KEY ("model") REFERENCES "loramill"."models"("id") ON DELETE cascade ON UPDATE no action;