import { Digest, FLEET_PROJECT, type FleetVolume, type RunId } from "@loramill/contracts";
import { z } from "zod";
import { type Connection, inTransaction } from "../connection.ts";
import { auditQueries } from "../queries/audit.ts";
import { insertRun } from "../queries/insert-run.ts";
import { tellRun } from "../queries/runs.ts";
import { ensureFleet } from "./ensure-fleet.ts";
import { volumeRun, volumeRunName } from "./fleet-run.ts";

/** What filling a volume came to. */
export interface VolumeLook extends FleetVolume {
  /** As the provider knows it. */
  readonly id: string;
  readonly sent: readonly Digest[];
  readonly removed: readonly Digest[];
  /** More for whoever reads the audit. */
  readonly details: Readonly<Record<string, unknown>>;
}

const FILLED = "volume.filled";
const Filled = z.object({ provider: z.string(), region: z.string(), holds: z.array(Digest) });
/** What a volume holds is said again when it was said so long ago; what was said twice as long ago counts no more. */
const SAID_MS = 24 * 3_600_000;
/** Entries of the audit that are looked through for it, from the newest on. */
const LOOKED_THROUGH = 20_000;

const LAST_OF_EACH = `
select distinct on (subject) details
from loramill.audit
where id > (select coalesce(max(id), 0) - ${LOOKED_THROUGH} from loramill.audit) and action = $1 and at > $2
order by subject, id desc`;

/** The audit is the memory of what network volumes hold: whoever fills one says there what it has now. */
export function volumeQueries(connection: Connection) {
  const audit = auditQueries(connection);
  const { pool, newId } = connection;
  return {
    /**
     * Writes down the run that keeps a volume filled, as far as none is open, in one transaction. Answers the run; null where there was
     * one.
     */
    async fillVolume(volume: string): Promise<RunId | null> {
      return inTransaction(pool, async (client) => {
        await client.query("select pg_advisory_xact_lock(hashtextextended('loramill.volumes ' || $1, 0))", [volume]);
        const { rows } = await client.query(
          `select 1 from loramill.runs r join loramill.projects p on p.id = r.project
           where p.name = $1 and r.name = $2 and r.state in ('planned', 'running')`,
          [FLEET_PROJECT, volumeRunName(volume)],
        );
        if (rows.length > 0) return null;
        const project = await ensureFleet(client, newId("prj"));
        const run = await insertRun(client, newId, { project, ...volumeRun(volume) });
        await tellRun(client, run, "run.created", { name: volumeRunName(volume), reason: "FLEET_VOLUMES names it" });
        await client.query("select pg_notify('loramill_dispatch', '')");
        return run;
      });
    },

    /** Into the audit where anything was changed, or is not what was said of it last. */
    async noteVolume(look: VolumeLook, now: Date): Promise<void> {
      const { id, provider, region, holds, sent, removed } = look;
      const [last] = await audit.list({ subject: id, limit: 1 });
      const said = Filled.safeParse(last?.details).data;
      const isFresh = last !== undefined && now.getTime() - last.at.getTime() < SAID_MS;
      const isSame = said !== undefined && new Set(said.holds).symmetricDifference(new Set(holds)).size === 0;
      if (sent.length === 0 && removed.length === 0 && isFresh && isSame) return;
      const details = { ...look.details, provider, region, sent, removed, holds };
      await audit.add({ actor: "provisioner", action: FILLED, subject: id, details });
    },

    /** The volumes that are being filled, as they were when they were looked at last. */
    async volumes(now: Date): Promise<FleetVolume[]> {
      const since = new Date(now.getTime() - 2 * SAID_MS);
      const { rows } = await pool.query<{ details: unknown }>(LAST_OF_EACH, [FILLED, since]);
      return rows.flatMap(({ details }) => Filled.safeParse(details).data ?? []);
    },
  };
}
