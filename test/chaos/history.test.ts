import type { Catalog } from "@loramill/catalog";
import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import * as attempts from "../support/history/check-attempts.ts";
import * as changes from "../support/history/check-changes.ts";
import * as ends from "../support/history/check-ends.ts";
import * as money from "../support/history/check-money.ts";
import * as publications from "../support/history/check-publications.ts";
import type { Check } from "../support/history/history.ts";
import { openHistory } from "../support/history/history.ts";
import { recordHistory } from "../support/history/record-history.ts";

let server: TestServer;
let catalog: Catalog;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** A run with one step and one job, of a machine that is wanted. */
beforeEach(async () => {
  catalog = await server.open();
  await recordHistory(catalog);
  const wanted = { name: "lm-one", provider: "runpod", candidates: [], wantedFor: [], reason: "it is tried" };
  const run = await catalog.fleet.openPod(wanted);
  await catalog.pool.query(
    `insert into loramill.jobs (id, run, step, project, name, queue, ordinal, input, state)
     select 'job_1', s.run, s.id, r.project, 'tend-machine', 'provision', 0, '{}', 'waiting'
     from loramill.steps s join loramill.runs r on r.id = s.run where s.run = $1`,
    [run],
  );
});

const job = (set: string) => `update loramill.jobs set ${set} where id = 'job_1';`;
const claimed = `${job("state = 'released'")} ${job("state = 'active', epoch = 1")}`;
const attempt = (epoch: number, at: string, outcome = "parked") => `
  insert into loramill.attempts (job, epoch, run, step, worker, release, started_at, ended_at, outcome)
  select id, ${epoch}, run, step, 'w', 1, ${at}, ${at} + interval '1 s', '${outcome}' from loramill.jobs;`;
const charge = (ordinal: number, at = "now()", amount = 5) => `
  insert into loramill.ledger (id, run, step, job, epoch, ordinal, kind, supplier, quantity, unit, amount_micro_usd, note, at)
  select 'led_${ordinal}', run, step, id, 1, ${ordinal}, 'compute', 's', 1, 'gpu-second', ${amount}, '', ${at}
  from loramill.jobs;`;
const step = (set: string) => `update loramill.steps set ${set};`;

/** What each check has to see, and what it must not mind before. */
const cases: readonly (readonly [check: Check, sound: string, broken: string])[] = [
  [changes.statesChangeAsDrawn, claimed, job("state = 'waiting'") + job("state = 'succeeded'")],
  [changes.statesChangeAsDrawn, "", "update loramill.pods set state = 'ready'"],
  [changes.epochsRiseByClaims, claimed, job("state = 'active', epoch = 3")],
  [changes.epochsRiseByClaims, claimed, job("state = 'parked', epoch = 2")],
  [changes.nothingIsWorkedOnAfterItSucceeded, claimed + job("state = 'succeeded'"), job("state = 'active'")],
  [changes.nothingWrittenIsRewritten, charge(0), "update loramill.ledger set amount_micro_usd = 6"],
  [changes.nothingWrittenIsRewritten, attempt(1, "now()"), "update loramill.attempts set outcome = 'lost'"],
  [attempts.attemptsOfAJobFollowEachOther, attempt(1, "now()"), attempt(3, "now() + interval '5 s'")],
  [attempts.attemptsOfAJobFollowEachOther, attempt(1, "now()"), attempt(2, "now()")],
  [attempts.everyAttemptEndedOrWasFoundLost, attempt(1, "now()"), "update loramill.attempts set outcome = null"],
  [
    attempts.eachJobSucceededOnceInItsLastAttempt,
    claimed + job("state = 'succeeded'") + attempt(1, "now()", "succeeded"),
    attempt(2, "now()", "succeeded"),
  ],
  [ends.everyRunSucceeded, "update loramill.runs set state = 'succeeded'", "update loramill.runs set state = 'failed'"],
  [
    ends.everyStepIsWhole,
    claimed +
      job("state = 'succeeded'") +
      step("state = 'succeeded', jobs_total = 1, jobs_waiting = 0, jobs_succeeded = 1"),
    step("jobs_open = 1"),
  ],
  [publications.everyResultIsAnArtifact, "", step("state = 'succeeded', reuse = true, key = 'k', output = 'o'")],
  [money.countersAddUpToTheLedger, "", charge(0)],
  [money.everyChargeIsOfAnAttempt, attempt(1, "now()") + charge(0), "delete from loramill.attempts"],
  [money.noAttemptIsChargedTwice, charge(0) + charge(1), charge(2, "now() + interval '1 s'")],
  [money.noRunSpendsMoreThanItsBudget, "", "update loramill.runs set budget_micro_usd = 5, spent_micro_usd = 6"],
];

test.each(cases.map(([check, sound, broken]) => ({ name: check.name, check, sound, broken })))(
  "the history of a soak tells what speaks against: $name",
  async ({ check, sound, broken }) => {
    const history = openHistory(catalog, []);
    if (sound !== "") await catalog.pool.query(sound);
    expect(await check(history)).toEqual([]);
    await catalog.pool.query(broken);
    expect(await check(history)).not.toEqual([]);
  },
);

test("a run that was acknowledged and is not there is told, and so is one that nobody has acknowledged", async () => {
  const missing = (acknowledged: readonly string[]) =>
    ends.everyAcknowledgedRunIsThere(openHistory(catalog, acknowledged));
  // The run of a machine is nobody's.
  expect(await missing([])).toEqual([]);
  expect(await missing(["run_x"])).toEqual(["run_x"]);
  const { rows } = await catalog.pool.query<{ id: string }>("update loramill.projects set name = 'mine' returning id");
  expect(rows).toHaveLength(1);
  expect(await missing([])).toHaveLength(1);
});
