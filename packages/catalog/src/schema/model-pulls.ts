import type { ModelPull } from "@loramill/contracts";
import { bigint, text } from "../drizzle.ts";
import { loramill, time } from "./columns.ts";
import { models } from "./models.ts";

/** How the last pull of a base model goes or went, for every API to tell, whichever of them is at it. */
export const modelPulls = loramill.table("model_pulls", {
  model: text("model")
    .primaryKey()
    .references(() => models.id, { onDelete: "cascade" }),
  /** Of the pull, made anew for each: one that has lost its hold writes nothing any more. */
  holder: text("holder").notNull(),
  state: text("state").$type<ModelPull["state"]>().notNull(),
  path: text("path").notNull(),
  done: bigint("done", { mode: "number" }).notNull(),
  total: bigint("total", { mode: "number" }),
  error: text("error"),
  /** When its process last said that it is at it. */
  seenAt: time("seen_at").notNull().defaultNow(),
});
