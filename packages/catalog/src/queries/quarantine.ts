import type { ErrorRecord, ProjectId } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, desc, eq, isNull, lt } from "../drizzle.ts";
import { quarantine } from "../schema/work.ts";
import { limitOf, type Page, type PageRequest, toPageById } from "./paging.ts";

export interface QuarantineEntry {
  readonly id: string;
  readonly run: string | null;
  readonly step: string | null;
  readonly job: string | null;
  readonly queue: string;
  readonly queueId: string | null;
  /** What a delivery carried that nobody could read, cut at 16 KB. */
  readonly payload: string | null;
  readonly reason: string;
  readonly error: ErrorRecord | null;
  readonly createdAt: Date;
  readonly resolvedAt: Date | null;
}

export function quarantineQueries({ db }: Connection) {
  return {
    /** What waits for a person, newest first. Deliveries that nobody could read belong to no project. */
    async list(
      filter: PageRequest & { readonly project?: ProjectId | undefined; readonly run?: string | undefined },
    ): Promise<Page<QuarantineEntry>> {
      const limit = limitOf(filter);
      const rows = await db
        .select()
        .from(quarantine)
        .where(
          and(
            isNull(quarantine.resolvedAt),
            filter.project === undefined ? undefined : eq(quarantine.project, filter.project),
            filter.run === undefined ? undefined : eq(quarantine.run, filter.run),
            filter.cursor === undefined ? undefined : lt(quarantine.id, filter.cursor),
          ),
        )
        .orderBy(desc(quarantine.id))
        .limit(limit + 1);
      return toPageById(rows, limit);
    },
  };
}
