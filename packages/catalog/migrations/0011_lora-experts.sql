ALTER TABLE "loramill"."loras" ADD COLUMN "files" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
UPDATE "loramill"."loras" SET "family" = CASE WHEN "variant" = '5b' THEN 'wan22' ELSE 'wan21' END WHERE "family" = 'wan';
