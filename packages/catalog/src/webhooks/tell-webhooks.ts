import { type ToldEvent, type WebhookEventType, webhookEvents } from "@loramill/contracts";
import type { Sql } from "../connection.ts";
import { jsonText } from "../json-text.ts";

/** Whether somebody listens to events of this type in this project; disabled webhooks hear nothing. */
const listens = (project: string, type: string) =>
  `w.project = ${project} and w.disabled_at is null and (w.events is null or ${type} = any(w.events))`;

/** One message and a delivery for each webhook that hears it, or for `$5` alone; nothing where nobody does. */
const TELL = `
with heard as materialized (
  select w.id from loramill.webhooks w where case when $5::text is null then ${listens("$1", "$2")} else w.id = $5 and w.disabled_at is null end
), message as (
  insert into loramill.webhook_messages (type, subject, body)
  select $2, $3, format('{"type":%s,"version":1,"timestamp":"%s","project":%s,"data":%s}', to_json($2::text),
    to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), to_json(p.name), $4::text)
  from loramill.projects p where p.id = $1 and exists (select from heard)
  returning id, seq
), queued as (
  insert into loramill.webhook_deliveries (webhook, message, seq, type, subject)
  select h.id, m.id, m.seq, $2, $3 from heard h cross join message m
  returning message
)
select message, pg_notify('loramill_webhooks', '') from queued limit 1`;

/**
 * Writes an event into the outbox of the webhooks that hear it: within the transaction of what happened, so that it is told
 * exactly when that has. Answers the message; null where nobody listens. `only` that webhook hears it, if given.
 */
export async function tellWebhooks(
  sql: Sql,
  { project, type, subject, data }: ToldEvent,
  only?: string,
): Promise<string | null> {
  const values = [project, type, subject, jsonText(webhookEvents[type].data.parse(data)), only ?? null];
  const { rows } = await sql.query<{ message: string }>({ name: "tell-webhooks", text: TELL, values });
  return rows[0]?.message ?? null;
}

const RUN_NOW = `
select r.project, json_build_object('id', r.id, 'name', r.name, 'state', r.state) as run,
  case when s.id is not null
    then json_build_object('id', s.id, 'name', s.name, 'kind', s.kind, 'state', s.state) end as step
from loramill.runs r left join loramill.steps s on s.id = $3
where r.id = $1 and exists (select from loramill.webhooks w where ${listens("r.project", "$2")})`;

interface RunNow {
  readonly project: ToldEvent["project"];
  readonly run: { readonly id: string };
  readonly step: object | null;
}

/** Of the events of runs, those that webhooks hear as well. */
export const isToldOutside = (type: string): type is WebhookEventType => Object.hasOwn(webhookEvents, type);

/** Tells webhooks an event of a run, with what the run and the step are now; `data` is that of the event. */
export async function tellWebhooksOfRun(
  sql: Sql,
  event: {
    readonly run: string;
    readonly step?: string | null | undefined;
    readonly type: string;
    readonly data: object;
  },
): Promise<void> {
  const { run, type, step = null } = event;
  if (!isToldOutside(type)) return;
  const { rows } = await sql.query<RunNow>({ name: "run-for-webhooks", text: RUN_NOW, values: [run, type, step] });
  const [now] = rows;
  if (now === undefined) return;
  const path = `/v1/runs/${run}`;
  const data = { ...event.data, run: now.run, step: now.step, links: { run: path, costs: `${path}/costs` } };
  await tellWebhooks(sql, { project: now.project, type, subject: run, data: data as unknown as ToldEvent["data"] });
}
