ALTER TABLE "loramill"."generations" ADD COLUMN "kind" text DEFAULT 'text-to-image' NOT NULL;--> statement-breakpoint
ALTER TABLE "loramill"."generations" ADD COLUMN "frames" integer;--> statement-breakpoint
ALTER TABLE "loramill"."generations" ADD COLUMN "fps" double precision;--> statement-breakpoint
ALTER TABLE "loramill"."generations" ADD COLUMN "record" jsonb;