import { integer, primaryKey, text } from "../drizzle.ts";
import { createdAt, loramill, time } from "./columns.ts";

/** Tenants. `weight` is the share of a project under contention, `max_open_jobs` a hard cap per queue. */
export const projects = loramill.table("projects", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  weight: integer("weight").notNull().default(1),
  maxOpenJobs: integer("max_open_jobs"),
  createdAt: createdAt(),
});

/** The column that says whose a row is. */
export const project = () =>
  text("project")
    .notNull()
    .references(() => projects.id);

/** Only the SHA-256 of a key is kept. */
export const apiKeys = loramill.table("api_keys", {
  id: text("id").primaryKey(),
  project: project(),
  name: text("name").notNull(),
  sha256: text("sha256").notNull().unique(),
  scopes: text("scopes").array().notNull(),
  createdAt: createdAt(),
  expiresAt: time("expires_at"),
  revokedAt: time("revoked_at"),
  lastUsedAt: time("last_used_at"),
});

/** Answers by Idempotency-Key. `status` is null while the first request is still being answered. */
export const idempotencyKeys = loramill.table(
  "idempotency_keys",
  {
    project: project(),
    key: text("key").notNull(),
    requestDigest: text("request_digest").notNull(),
    /** The run that the request made, written in the transaction that made it; null while it is being answered. */
    run: text("run"),
    createdAt: createdAt(),
    expiresAt: time("expires_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.project, table.key] })],
);
