ALTER TABLE "loramill"."ledger" ADD COLUMN "mark" text;--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_marks" ON "loramill"."ledger" USING btree ("job","mark") WHERE mark is not null;