import type { Catalog } from "@loramill/catalog";
import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import * as attempts from "../support/history/check-attempts.ts";
import * as changes from "../support/history/check-changes.ts";
import * as ends from "../support/history/check-ends.ts";
import * as money from "../support/history/check-money.ts";
import * as publications from "../support/history/check-publications.ts";
import type { Check, History } from "../support/history/history.ts";
import { openHistory } from "../support/history/history.ts";
import { addLora, addPicture, addTrialMachine } from "../support/history/trial-history.ts";

/** Checks of rows read no files. */
const unread: History["stores"] = {
  get objects(): never {
    throw new Error("a check of rows has read the store");
  },
  get documents(): never {
    throw new Error("a check of rows has read the store");
  },
};

let server: TestServer;
let catalog: Catalog;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

beforeEach(async () => {
  catalog = await server.open();
  await addTrialMachine(catalog);
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
/** Another row like the only one there is, but for these columns. */
const another = (table: string, columns: object) => `
  insert into loramill.${table}
  select (jsonb_populate_record(t, '${JSON.stringify(columns)}')).* from loramill.${table} t limit 1;`;
const spent = (period: string, amount: number) => `
  insert into loramill.spending (period, project, amount_micro_usd) select ${period}, project, ${amount} from loramill.runs;`;
const TODAY = "to_char(now() at time zone 'utc', 'YYYY-MM-DD')";
const ceiling = (period: string, limit: number) => `
  insert into loramill.ceilings (project, period, limit_micro_usd) values ('', '${period}', ${limit});`;
const caption = `
  insert into loramill.captions (project, image, path, text, provider, raw, run, job)
  select project, 'i', 'p', 't', 'v', 't', run, id from loramill.jobs;`;
const budget = (limit: number, sum: number) =>
  `update loramill.runs set budget_micro_usd = ${limit}; update loramill.runs set spent_micro_usd = ${sum};`;
const published = "state = 'succeeded', items = 1";
const cutShort =
  step("state = 'succeeded', reuse = true, key = 'k', output = 'o'") + job(`output = '{"complete": false}'`);
const artifact = `
  insert into loramill.artifacts (key, id, kind, output, items, summary, run, step, cost_micro_usd)
  select 'k', 'art_1', 'train', 'o', 1, '{}', run, step, 0 from loramill.jobs;`;
/** A payment that its mark names, on the bill of a machine. */
const marked = (id: number, of: string) => `${charge(id)}
  update loramill.ledger set mark = 'm', pod = 'lm-one', job = '${of}' where id = 'led_${id}';`;

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
  [publications.everyResultIsAnArtifact, cutShort, job("output = '{}'")],
  [publications.noResultThatWasCutShortIsAnArtifact, cutShort, artifact],
  [
    publications.noResultIsWorkedOutTwice,
    step("state = 'succeeded', reuse = true, key = 'k'"),
    another("steps", { id: "step_2", name: "again" }),
  ],
  [publications.noCaptionIsPublishedTwice, caption, caption],
  [publications.everyCaptionIsPublished, caption + step(`name = 'caption', ${published}`), step("items = 2")],
  [
    publications.eachTrainingPublishesOneLora,
    step(`kind = 'train', ${published}`) + addLora("lora_1", "a"),
    addLora("lora_2", "b"),
  ],
  [publications.eachTrainingPublishesOneLora, "", step(`kind = 'train', ${published}`)],
  [
    publications.eachPictureIsPublishedOnce,
    step(`name = 'generate', ${published}`) + addPicture(0, "a"),
    addPicture(1, "b"),
  ],
  [publications.eachPictureIsPublishedOnce, "", step(`name = 'generate', ${published}`)],
  [money.countersAddUpToTheLedger, "", charge(0)],
  [
    money.spendingByDayAndProjectAddsUpToTheLedger,
    charge(0) + spent(TODAY, 5) + spent("'total'", 5),
    `update loramill.spending set amount_micro_usd = 4 where period = ${TODAY}`,
  ],
  // The account's sum is right, and the projects' are not.
  [
    money.spendingByDayAndProjectAddsUpToTheLedger,
    charge(0) + spent(TODAY, 5) + spent("'total'", 5),
    `${another("projects", { id: "prj_2", name: "other" })} update loramill.spending set project = 'prj_2'`,
  ],
  [money.noCeilingIsPassed, ceiling("day", 5) + spent(TODAY, 5), "update loramill.spending set amount_micro_usd = 6"],
  // It is told also when the ceiling is raised afterwards.
  [
    money.noCeilingIsPassed,
    ceiling("total", 5) + spent("'total'", 5) + spent(TODAY, 9),
    "update loramill.spending set amount_micro_usd = 6; update loramill.ceilings set limit_micro_usd = 9",
  ],
  [money.noPaymentIsChargedTwice, marked(0, "job_1"), marked(1, "job_2")],
  [money.everyChargeIsOfAnAttempt, attempt(1, "now()") + charge(0), "delete from loramill.attempts"],
  [money.noAttemptIsChargedTwice, charge(0) + charge(1), charge(2, "now() + interval '1 s'")],
  [money.noRunSpendsMoreThanItsBudget, budget(5, 5), budget(5, 6)],
  [money.noRunSpendsMoreThanItsBudget, budget(5, 5), `${budget(5, 6)} ${budget(9, 6)}`],
];

test.each(cases.map(([check, sound, broken]) => ({ name: check.name, check, sound, broken })))(
  "the history of a soak tells what speaks against: $name",
  async ({ check, sound, broken }) => {
    const history = openHistory(catalog, { acknowledged: [], stores: unread });
    if (sound !== "") await catalog.pool.query(sound);
    expect(await check(history)).toEqual([]);
    await catalog.pool.query(broken);
    expect(await check(history)).not.toEqual([]);
  },
);

test("a run that was acknowledged and is not there is told, and so is one that nobody has acknowledged", async () => {
  const missing = (acknowledged: readonly string[]) =>
    ends.everyAcknowledgedRunIsThere(openHistory(catalog, { acknowledged, stores: unread }));
  // The run of a machine is nobody's.
  expect(await missing([])).toEqual([]);
  expect(await missing(["run_x"])).toEqual(["run_x"]);
  const { rows } = await catalog.pool.query<{ id: string }>("update loramill.projects set name = 'mine' returning id");
  expect(rows).toHaveLength(1);
  expect(await missing([])).toHaveLength(1);
});
