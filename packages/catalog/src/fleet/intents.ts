import { type MachineIntents, PermanentError } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { eq } from "../drizzle.ts";
import { jsonText } from "../json-text.ts";
import { orphans, pods } from "../schema/fleet.ts";

/**
 * An intent never goes back, and its machine stays the one that it is: a worker that was replaced and does not know it yet must not
 * reopen what is being ended, nor put a machine of its own in the place of the one that works.
 */
const ORDER = ["open", "rented", "ending", "ended"] as const;

/** The intents of machines, kept in their rows; `openPod` makes the row. */
export function intentQueries({ db, pool }: Connection): MachineIntents {
  return {
    async find(name) {
      const [row] = await db.select().from(pods).where(eq(pods.name, name));
      if (row === undefined) return null;
      const asked = row.asked === null ? null : { offer: row.asked.offer, at: new Date(row.asked.at) };
      return { name, state: row.intent, asked, remoteId: row.remoteId };
    },

    async put({ name, state, asked, remoteId }) {
      const { rowCount } = await pool.query(
        `update loramill.pods set intent = $2, asked = $3, remote_id = $4
         where name = $1 and array_position($5::text[], intent) <= array_position($5::text[], $2)
           and (remote_id is null or remote_id = $4)`,
        [name, state, asked === null ? null : jsonText(asked), remoteId, ORDER],
      );
      if (rowCount === 1) return;
      throw new PermanentError(
        `the machine ${name} is not wanted, is being given back, or is another one: it cannot be ${state} now`,
        { code: "intent-behind", details: { pod: name, state } },
      );
    },

    async noteOrphan({ provider, remoteId, name, reason, at }) {
      await db.insert(orphans).values({ provider, remoteId, name, reason, at }).onConflictDoNothing();
    },
  };
}
