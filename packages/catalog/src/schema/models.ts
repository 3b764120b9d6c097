import type { ModelFamily, ModelFile, ModelLicence, ModelSource } from "@loramill/contracts";
import { jsonb, text } from "../drizzle.ts";
import { createdAt, loramill, time } from "./columns.ts";

/** Base models: where their files come from and what they are. The files lie in the store under their digests. */
export const models = loramill.table("models", {
  id: text("id").primaryKey(),
  family: text("family").$type<ModelFamily>().notNull(),
  source: jsonb("source").$type<ModelSource>().notNull(),
  licence: jsonb("licence").$type<ModelLicence>(),
  files: jsonb("files").$type<ModelFile[]>().notNull(),
  createdAt: createdAt(),
  updatedAt: time("updated_at").notNull().defaultNow(),
});
