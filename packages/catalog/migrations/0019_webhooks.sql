CREATE TABLE "loramill"."webhook_deliveries" (
	"webhook" text NOT NULL,
	"message" text NOT NULL,
	"seq" bigint NOT NULL,
	"type" text NOT NULL,
	"subject" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"leased_until" timestamp with time zone,
	"tried_since" timestamp with time zone DEFAULT now() NOT NULL,
	"last_attempt_at" timestamp with time zone,
	"status" integer,
	"duration_ms" integer,
	"error" text,
	"ended_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "webhook_deliveries_webhook_message_pk" PRIMARY KEY("webhook","message"),
	CONSTRAINT "webhook_deliveries_state" CHECK (state in ('pending', 'delivered', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "loramill"."webhook_messages" (
	"id" text PRIMARY KEY DEFAULT ('msg_' || lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14)) NOT NULL,
	"seq" bigserial NOT NULL,
	"type" text NOT NULL,
	"subject" text NOT NULL,
	"body" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "loramill"."webhooks" (
	"id" text PRIMARY KEY NOT NULL,
	"project" text NOT NULL,
	"url" text NOT NULL,
	"description" text NOT NULL,
	"events" text[],
	"secrets" jsonb NOT NULL,
	"disabled_at" timestamp with time zone,
	"disabled_reason" text,
	"failing_since" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "loramill"."webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_webhook_webhooks_id_fk" FOREIGN KEY ("webhook") REFERENCES "loramill"."webhooks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_message_webhook_messages_id_fk" FOREIGN KEY ("message") REFERENCES "loramill"."webhook_messages"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loramill"."webhooks" ADD CONSTRAINT "webhooks_project_projects_id_fk" FOREIGN KEY ("project") REFERENCES "loramill"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_due" ON "loramill"."webhook_deliveries" USING btree ("webhook","due_at") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "webhook_deliveries_in_order" ON "loramill"."webhook_deliveries" USING btree ("webhook","subject","seq") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "webhook_deliveries_leased" ON "loramill"."webhook_deliveries" USING btree ("webhook") WHERE leased_until is not null;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_newest" ON "loramill"."webhook_deliveries" USING btree ("webhook","seq");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_of_message" ON "loramill"."webhook_deliveries" USING btree ("message");--> statement-breakpoint
CREATE UNIQUE INDEX "webhook_messages_seq" ON "loramill"."webhook_messages" USING btree ("seq");--> statement-breakpoint
CREATE INDEX "webhook_messages_by_time" ON "loramill"."webhook_messages" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "webhooks_of_project" ON "loramill"."webhooks" USING btree ("project","id");