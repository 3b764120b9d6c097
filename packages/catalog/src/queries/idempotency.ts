import type { Clock, Digest, ProjectId, RunId } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, eq, isNull, lt } from "../drizzle.ts";
import { idempotencyKeys } from "../schema/tenancy.ts";

/** What to do with a request that carries an Idempotency-Key. */
export type IdempotencyAnswer =
  /** Create the run under the key, or `release` it when that failed. */
  | { readonly kind: "new" }
  /** It made this run. */
  | { readonly kind: "done"; readonly run: RunId }
  /** The first request with this key is still being answered. */
  | { readonly kind: "in-progress" }
  /** The key was used with another request. */
  | { readonly kind: "mismatch" };

/** A request that has made no run frees its key after this long: its process died. */
const ABANDONED_MS = 60_000;

export function idempotencyQueries({ db, pool }: Connection, clock: Clock) {
  const one = (project: ProjectId, key: string) =>
    and(eq(idempotencyKeys.project, project), eq(idempotencyKeys.key, key));
  return {
    async begin(request: {
      readonly project: ProjectId;
      readonly key: string;
      readonly requestDigest: Digest;
      readonly ttlMs?: number;
    }): Promise<IdempotencyAnswer> {
      const now = clock.now();
      const { rowCount } = await pool.query(
        `insert into loramill.idempotency_keys as k (project, key, request_digest, created_at, expires_at)
         values ($1, $2, $3, $4, $5)
         on conflict (project, key) do update
         set request_digest = excluded.request_digest, created_at = excluded.created_at,
           expires_at = excluded.expires_at, run = null
         where k.expires_at <= $4 or (k.run is null and k.created_at <= $6)`,
        [
          request.project,
          request.key,
          request.requestDigest,
          now,
          new Date(now.getTime() + (request.ttlMs ?? 86_400_000)),
          new Date(now.getTime() - ABANDONED_MS),
        ],
      );
      if (rowCount === 1) return { kind: "new" };
      const [row] = await db.select().from(idempotencyKeys).where(one(request.project, request.key));
      if (row === undefined) return { kind: "in-progress" };
      if (row.requestDigest !== request.requestDigest) return { kind: "mismatch" };
      return row.run === null ? { kind: "in-progress" } : { kind: "done", run: row.run as RunId };
    },
    /** Forgets a request that failed, so that it may be tried again with the same key. */
    async release(project: ProjectId, key: string): Promise<void> {
      await db.delete(idempotencyKeys).where(and(one(project, key), isNull(idempotencyKeys.run)));
    },
    async sweep(): Promise<number> {
      const gone = await db.delete(idempotencyKeys).where(lt(idempotencyKeys.expiresAt, clock.now()));
      return gone.rowCount ?? 0;
    },
  };
}
