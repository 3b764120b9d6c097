CREATE TABLE "loramill"."backend_slots" (
	"backend" text NOT NULL,
	"job" text NOT NULL,
	"taken_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "backend_slots_backend_job_pk" PRIMARY KEY("backend","job")
);
