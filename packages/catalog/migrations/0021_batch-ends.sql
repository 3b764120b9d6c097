ALTER TABLE "loramill"."batches" ADD COLUMN "ended_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "batches_open" ON "loramill"."batches" USING btree ("id") WHERE ended_at is null;--> statement-breakpoint
-- What has ended by now is not told any more.
UPDATE "loramill"."batches" b SET "ended_at" = now()
WHERE NOT EXISTS (
  SELECT FROM "loramill"."batch_members" m LEFT JOIN "loramill"."runs" r ON r."id" = m."run"
  WHERE m."batch" = b."id" AND CASE
    WHEN m."run" IS NOT NULL THEN r."state" IN ('planned', 'running')
    ELSE m."error" IS NULL AND b."cancel_requested_at" IS NULL AND b."stopped" IS NULL
  END
);
