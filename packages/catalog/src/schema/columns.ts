import { type Machine, machines } from "@loramill/contracts";
import { bigint, check, pgSchema, type SQL, sql, text, timestamp } from "../drizzle.ts";

/** Everything of ours lives in its own schema, so that BullMQ's `bullmq` schema may share the database. */
export const loramill = pgSchema("loramill");

/** Money in micro-USD; a JavaScript number is exact up to nine billion dollars. */
export const microUsd = (name: string) => bigint(name, { mode: "number" });
export const time = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
export const createdAt = () => time("created_at").notNull().defaultNow();

/** A state column whose values are those of the machine and no other. */
export const stateColumn = () => text("state").notNull();

export function stateCheck(name: string, machine: Machine) {
  const states = Object.keys(machines[machine])
    .map((state) => `'${state}'`)
    .join(", ");
  return check(name, sql.raw(`state in (${states})`));
}

/** A condition for a partial index, written out because an index takes no parameters. */
export const where = (condition: string): SQL => sql.raw(condition);
