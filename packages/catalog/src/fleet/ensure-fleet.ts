import { FLEET_PROJECT, PermanentError } from "@loramill/contracts";
import type { Sql } from "../connection.ts";

/** The project whose runs tend machines; `id` is taken where there is none yet. */
export async function ensureFleet(client: Sql, id: string): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `insert into loramill.projects (id, name) values ($1, $2)
     on conflict (name) do update set name = excluded.name returning id`,
    [id, FLEET_PROJECT],
  );
  if (rows[0] === undefined) throw new PermanentError("an upsert returned no row", { code: "no-row" });
  return rows[0].id;
}
