import type { Catalog } from "@loramill/catalog";

/** What has states, and the column that names a row. */
const SUBJECTS = { run: "runs.id", step: "steps.id", job: "jobs.id", pod: "pods.name" } as const;

/** Rows that are written once; of an attempt, what it ended with. */
const WRITTEN_ONCE = ["artifacts", "captions", "dataset_versions", "generations", "ledger", "run_events"] as const;

/**
 * Makes the database itself write down what happens from now on, beneath everything that could forget it: each change of a state
 * or of an epoch into `history.changes`, each change of a row that is meant to stay as it is into `history.rewrites`, and each sum
 * that passes a budget or a ceiling as that is at the moment into `history.overspendings`. `history.plans` has what was planned, for
 * those who read what happened.
 */
export async function recordHistory({ pool }: Catalog): Promise<void> {
  await pool.query(`
    create schema history;
    create table history.plans (id bigserial primary key, decisions jsonb not null, at timestamptz not null default clock_timestamp());
    create table history.changes (
      id bigserial primary key, subject text not null, name text not null, state_before text, state text not null,
      epoch_before int, epoch int, at timestamptz not null default clock_timestamp()
    );
    create table history.rewrites (id bigserial primary key, what text not null, before jsonb not null, after jsonb);
    create table history.overspendings (
      id bigserial primary key, what text not null, name text not null, spent bigint not null, allowed bigint not null,
      at timestamptz not null default clock_timestamp()
    );

    create function history.note_change() returns trigger language plpgsql as $$
    declare
      now_ jsonb := to_jsonb(new);
      before jsonb := case tg_op when 'UPDATE' then to_jsonb(old) end;
    begin
      if before is null or before->>'state' <> now_->>'state' or before->>'epoch' <> now_->>'epoch' then
        insert into history.changes (subject, name, state_before, state, epoch_before, epoch)
        values (tg_argv[0], now_->>tg_argv[1], before->>'state', now_->>'state', (before->>'epoch')::int, (now_->>'epoch')::int);
      end if;
      return null;
    end $$;

    create function history.note_rewrite() returns trigger language plpgsql as $$
    begin
      insert into history.rewrites (what, before, after)
      values (tg_table_name, to_jsonb(old), case tg_op when 'UPDATE' then to_jsonb(new) end);
      return null;
    end $$;

    create function history.note_plan() returns trigger language plpgsql as $$
    begin
      insert into history.plans (decisions) values (new.decisions);
      return null;
    end $$;
    create trigger history after update on loramill.fleet
    for each row when (new.decisions <> old.decisions) execute function history.note_plan();

    create function history.note_budget() returns trigger language plpgsql as $$
    begin
      insert into history.overspendings (what, name, spent, allowed)
      values ('budget', new.id, new.spent_micro_usd, new.budget_micro_usd);
      return null;
    end $$;
    create trigger history_budget after update of spent_micro_usd on loramill.runs
    for each row when (new.spent_micro_usd > old.spent_micro_usd and new.spent_micro_usd > new.budget_micro_usd)
    execute function history.note_budget();

    create function history.note_spending() returns trigger language plpgsql as $$
    begin
      insert into history.overspendings (what, name, spent, allowed)
      select 'ceiling by ' || c.period, coalesce(nullif(c.project, ''), 'account'), s.spent, c.limit_micro_usd
      from loramill.ceilings c cross join lateral (
        select sum(amount_micro_usd) as spent from loramill.spending
        where period = new.period and c.project in ('', project)
      ) s
      where c.period = case new.period when 'total' then 'total' else 'day' end and c.project in ('', new.project)
        and s.spent > c.limit_micro_usd;
      return null;
    end $$;
    create trigger history after insert or update on loramill.spending
    for each row execute function history.note_spending();
  `);
  for (const [subject, place] of Object.entries(SUBJECTS)) {
    const [table, name] = place.split(".");
    await pool.query(`
      create trigger history after insert or update of state${subject === "job" ? ", epoch" : ""} on loramill.${table}
      for each row execute function history.note_change('${subject}', '${name}')`);
  }
  for (const table of WRITTEN_ONCE) {
    await pool.query(`
      create trigger history after update or delete on loramill.${table}
      for each row execute function history.note_rewrite()`);
  }
  await pool.query(`
    create trigger history after update on loramill.attempts
    for each row when (old.outcome is not null) execute function history.note_rewrite()`);
}
