import type { Connection } from "../connection.ts";

export function presenceQueries({ pool }: Connection) {
  return {
    /** Leaves word of what the leading dispatcher goes by, so that others can say why a job waits. */
    async announce(settings: {
      readonly windows: Readonly<Record<string, number>>;
      readonly projectCap: number;
    }): Promise<void> {
      await pool.query(
        `insert into loramill.dispatcher (id, windows, project_cap, seen_at) values (1, $1, $2, now())
         on conflict (id) do update
         set windows = excluded.windows, project_cap = excluded.project_cap, seen_at = excluded.seen_at`,
        [settings.windows, settings.projectCap],
      );
    },
  };
}
