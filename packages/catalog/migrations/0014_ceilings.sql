CREATE TABLE "loramill"."spending" (
	"period" text NOT NULL,
	"project" text NOT NULL,
	"amount_micro_usd" bigint NOT NULL,
	CONSTRAINT "spending_period_project_pk" PRIMARY KEY("period","project")
);
--> statement-breakpoint
ALTER TABLE "loramill"."jobs" ADD COLUMN "spent_micro_usd" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "loramill"."runs" ADD COLUMN "deadline" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "runs_due" ON "loramill"."runs" USING btree ("deadline") WHERE deadline is not null and state in ('planned', 'running');--> statement-breakpoint
INSERT INTO "loramill"."spending" ("period", "project", "amount_micro_usd")
SELECT coalesce(l."day", 'total'), l."project", l."amount"
FROM (
	SELECT to_char(e."at" at time zone 'utc', 'YYYY-MM-DD') AS "day", r."project", sum(e."amount_micro_usd")::bigint AS "amount"
	FROM "loramill"."ledger" e JOIN "loramill"."runs" r ON r."id" = e."run"
	WHERE e."amount_micro_usd" > 0
	GROUP BY GROUPING SETS ((1, 2), (2))
) l;
--> statement-breakpoint
UPDATE "loramill"."jobs" j SET "spent_micro_usd" = l."amount"
FROM (
	SELECT e."job", sum(e."amount_micro_usd")::bigint AS "amount"
	FROM "loramill"."ledger" e JOIN "loramill"."jobs" o ON o."id" = e."job" AND o."state" IN ('waiting', 'released', 'active', 'parked')
	GROUP BY 1
) l
WHERE j."id" = l."job";
