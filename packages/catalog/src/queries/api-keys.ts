import { type Clock, ProjectId, sha256Hex } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, eq, isNull, sql } from "../drizzle.ts";
import { apiKeys, projects } from "../schema/tenancy.ts";

export interface ApiKey {
  readonly id: string;
  readonly project: ProjectId;
  readonly projectName: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

const columns = {
  id: apiKeys.id,
  project: apiKeys.project,
  projectName: projects.name,
  name: apiKeys.name,
  scopes: apiKeys.scopes,
  createdAt: apiKeys.createdAt,
  expiresAt: apiKeys.expiresAt,
  revokedAt: apiKeys.revokedAt,
  lastUsedAt: apiKeys.lastUsedAt,
};

export function apiKeyQueries({ db, newId }: Connection, clock: Clock) {
  const toKey = (row: Omit<ApiKey, "project"> & { project: string }): ApiKey => ({
    ...row,
    project: ProjectId.parse(row.project),
  });
  const select = () => db.select(columns).from(apiKeys).innerJoin(projects, eq(projects.id, apiKeys.project));
  return {
    /** `secret` is what the caller will present; only its SHA-256 is kept. Making the same key twice changes nothing. */
    async create(key: {
      readonly project: ProjectId;
      readonly name: string;
      readonly secret: string;
      readonly scopes: readonly string[];
      readonly expiresAt?: Date | null;
    }): Promise<string> {
      const sha256 = sha256Hex(key.secret);
      const [made] = await db
        .insert(apiKeys)
        .values({
          id: newId("key"),
          project: key.project,
          name: key.name,
          sha256,
          scopes: [...key.scopes],
          expiresAt: key.expiresAt ?? null,
        })
        .onConflictDoNothing({ target: apiKeys.sha256 })
        .returning({ id: apiKeys.id });
      if (made !== undefined) return made.id;
      const [found] = await db.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.sha256, sha256));
      if (found === undefined) throw new Error("a key vanished while it was made");
      return found.id;
    },
    /** The key that a secret belongs to, unless it is unknown, revoked or expired. Remembers the minute of use. */
    async find(secret: string): Promise<ApiKey | null> {
      const now = clock.now();
      const [row] = await select().where(and(eq(apiKeys.sha256, sha256Hex(secret)), isNull(apiKeys.revokedAt)));
      if (row === undefined || (row.expiresAt !== null && row.expiresAt <= now)) return null;
      if (row.lastUsedAt === null || now.getTime() - row.lastUsedAt.getTime() > 60_000) {
        await db.update(apiKeys).set({ lastUsedAt: now }).where(eq(apiKeys.id, row.id));
      }
      return toKey(row);
    },
    async list(project?: ProjectId): Promise<ApiKey[]> {
      const rows = await select()
        .where(project === undefined ? sql`true` : eq(apiKeys.project, project))
        .orderBy(apiKeys.id);
      return rows.map(toKey);
    },
    async revoke(id: string, project?: ProjectId): Promise<boolean> {
      const owned = project === undefined ? eq(apiKeys.id, id) : and(eq(apiKeys.id, id), eq(apiKeys.project, project));
      const rows = await db
        .update(apiKeys)
        .set({ revokedAt: sql`coalesce(${apiKeys.revokedAt}, ${clock.now()})` })
        .where(owned)
        .returning({ id: apiKeys.id });
      return rows.length > 0;
    },
  };
}
