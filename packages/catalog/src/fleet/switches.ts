import { FLEET_PROJECT, type ProjectId } from "@loramill/contracts";
import { type Connection, inTransaction, type Sql } from "../connection.ts";
import { tellWebhooks } from "../webhooks/tell-webhooks.ts";

/** Whether the fleet may act. */
export interface FleetSwitches {
  /** Why nothing may be rented; null while it may. */
  readonly stopped: string | null;
  /** Who stopped it; null while it runs. */
  readonly stoppedBy: string | null;
  /** Plans are made and shown, and not carried out. */
  readonly dryRun: boolean;
}

const FIELDS = `stopped, stopped_by as "stoppedBy", dry_run as "dryRun"`;

export function switchQueries({ pool }: Connection) {
  const write = async (columns: string, values: string, given: readonly unknown[], sql: Sql = pool): Promise<void> => {
    const set = columns.split(", ").map((column) => `${column} = excluded.${column}`);
    await sql.query(
      `insert into loramill.fleet (id, ${columns}) values (1, ${values}) on conflict (id) do update set ${set.join(", ")}`,
      [...given],
    );
    await sql.query("select pg_notify('loramill_dispatch', '')");
  };
  return {
    async switches(): Promise<FleetSwitches> {
      const { rows } = await pool.query<FleetSwitches>(`select ${FIELDS} from loramill.fleet where id = 1`);
      return rows[0] ?? { stopped: null, stoppedBy: null, dryRun: false };
    },
    /** From now on nothing is rented. Machines that live go on until they are ended. */
    stop: (reason: string, by: string) =>
      inTransaction(pool, async (sql) => {
        await write("stopped, stopped_by", "$1, $2", [reason, by], sql);
        const { rows } = await sql.query<{ id: ProjectId }>("select id from loramill.projects where name = $1", [
          FLEET_PROJECT,
        ]);
        const data = { reason, by, links: { fleet: "/v1/fleet" } };
        for (const { id } of rows) {
          await tellWebhooks(sql, { project: id, type: "fleet.stopped", subject: "fleet", data });
        }
      }),
    /** Who started it again is for the audit to say. */
    start: () => write("stopped, stopped_by", "null, null", []),
    setDryRun: (on: boolean) => write("dry_run", "$1", [on]),
  };
}
