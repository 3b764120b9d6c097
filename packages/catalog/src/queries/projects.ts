import { ProjectId } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { eq } from "../drizzle.ts";
import { projects } from "../schema/tenancy.ts";

export interface Project {
  readonly id: ProjectId;
  readonly name: string;
  /** Share under contention, relative to the weights of the others. */
  readonly weight: number;
  /** Most jobs the project may have open in one queue; null: the dispatcher's default. */
  readonly maxOpenJobs: number | null;
  readonly createdAt: Date;
}

export function projectQueries({ db, newId }: Connection) {
  const toProject = (row: typeof projects.$inferSelect): Project => ({ ...row, id: ProjectId.parse(row.id) });
  return {
    /** The project of that name; made when there is none. */
    async ensure(name: string): Promise<Project> {
      const [found] = await db.select().from(projects).where(eq(projects.name, name));
      if (found !== undefined) return toProject(found);
      const [made] = await db
        .insert(projects)
        .values({ id: newId("prj"), name })
        .onConflictDoUpdate({ target: projects.name, set: { name } })
        .returning();
      if (made === undefined) throw new Error("an upsert returned no row");
      return toProject(made);
    },
    /** The id of the project of that name, for who reads: where there is none yet, one that nothing has, and nothing is made. */
    async idOf(name: string): Promise<ProjectId> {
      const [found] = await db.select({ id: projects.id }).from(projects).where(eq(projects.name, name));
      return ProjectId.parse(found?.id ?? newId("prj"));
    },
    async get(id: ProjectId): Promise<Project | null> {
      const [row] = await db.select().from(projects).where(eq(projects.id, id));
      return row === undefined ? null : toProject(row);
    },
    async list(): Promise<Project[]> {
      return (await db.select().from(projects).orderBy(projects.name)).map(toProject);
    },
    /** Changes shares and caps; the dispatcher follows within a second. */
    async update(id: ProjectId, changes: Partial<Pick<Project, "weight" | "maxOpenJobs">>): Promise<Project | null> {
      const [row] = await db.update(projects).set(changes).where(eq(projects.id, id)).returning();
      return row === undefined ? null : toProject(row);
    },
  };
}
