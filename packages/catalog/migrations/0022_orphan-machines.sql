CREATE TABLE "loramill"."orphans" (
	"provider" text NOT NULL,
	"remote_id" text NOT NULL,
	"name" text NOT NULL,
	"reason" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"step" text,
	CONSTRAINT "orphans_provider_remote_id_pk" PRIMARY KEY("provider","remote_id")
);
--> statement-breakpoint
CREATE INDEX "audit_of_action" ON "loramill"."audit" USING btree ("action","at");--> statement-breakpoint
CREATE INDEX "pods_by_remote_id" ON "loramill"."pods" USING btree ("remote_id") WHERE remote_id is not null;