import type { ProjectId } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, desc, eq, getTableColumns, lt } from "../drizzle.ts";
import { bisections } from "../schema/bisections.ts";
import { projects } from "../schema/tenancy.ts";
import { limitOf, type Page, type PageRequest, toPageById } from "./paging.ts";

export type Bisection = typeof bisections.$inferSelect & { readonly projectName: string };

/** Which one, and (for callers of one project) whose: one of another project is not there. */
interface BisectionRef {
  readonly id: string;
  readonly project?: ProjectId | undefined;
}

type Changes = Partial<Pick<Bisection, "trials" | "goodRun" | "badRun" | "budgetMicroUsd" | "stoppedAt">>;

const columns = { ...getTableColumns(bisections), projectName: projects.name };

export function bisectionQueries({ db, newId }: Connection) {
  const owned = ({ id, project }: BisectionRef) =>
    project === undefined ? eq(bisections.id, id) : and(eq(bisections.id, id), eq(bisections.project, project));

  return {
    async create(
      bisection: Pick<
        typeof bisections.$inferInsert,
        "project" | "good" | "bad" | "grid" | "differences" | "notes" | "budgetMicroUsd"
      >,
    ): Promise<string> {
      const id = newId("bis");
      await db.insert(bisections).values({ ...bisection, id });
      return id;
    },

    async get(ref: BisectionRef): Promise<Bisection | null> {
      const [row] = await db
        .select(columns)
        .from(bisections)
        .innerJoin(projects, eq(projects.id, bisections.project))
        .where(owned(ref));
      return row ?? null;
    },

    /** Newest first. */
    async list(filter: PageRequest & { readonly project?: ProjectId | undefined }): Promise<Page<Bisection>> {
      const limit = limitOf(filter);
      const rows = await db
        .select(columns)
        .from(bisections)
        .innerJoin(projects, eq(projects.id, bisections.project))
        .where(
          and(
            filter.project === undefined ? undefined : eq(bisections.project, filter.project),
            filter.cursor === undefined ? undefined : lt(bisections.id, filter.cursor),
          ),
        )
        .orderBy(desc(bisections.id))
        .limit(limit + 1);
      return toPageById(rows, limit);
    },

    /**
     * Changes one as it is at that moment, whoever else wants to; `change` may throw, and nothing is changed. Answers whether
     * it is there.
     */
    async change(ref: BisectionRef, change: (now: typeof bisections.$inferSelect) => Changes): Promise<boolean> {
      return db.transaction(async (tx) => {
        const [row] = await tx.select().from(bisections).where(owned(ref)).for("update");
        if (row === undefined) return false;
        const changes = change(row);
        if (Object.keys(changes).length > 0) await tx.update(bisections).set(changes).where(eq(bisections.id, row.id));
        return true;
      });
    },
  };
}
