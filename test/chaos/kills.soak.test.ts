import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Catalog, openCatalog } from "@loramill/catalog";
import { startEmbeddedPostgres } from "@loramill/embedded";
import { encodeImage } from "@loramill/imaging";
import { type Client, createClient } from "@loramill/sdk";
import { freePort, startFakeVisionServer, startRedis, writePlantedFolder } from "@loramill/testkit";
import { afterAll, expect, test } from "vitest";
import { type Role, startFleet } from "../support/fleet.ts";
import { makeDataDir, queueEnv } from "../support/mill.ts";
import { eventually } from "../support/runs.ts";

const KILLS = Number(process.env.SOAK_KILLS ?? 1_000);
const SEED = Number(process.env.SOAK_SEED ?? Math.floor(Math.random() * 1_000_000));
/** `redis` needs a redis-server or TEST_REDIS_URL; everything else keeps the queue in Postgres. */
const QUEUE = process.env.SOAK_QUEUE ?? "postgres";

const roles: readonly Role[] = [
  { app: "captioner", ready: "taking jobs", processes: 3, lifeMs: [300, 5_000] },
  { app: "curator", ready: "taking jobs", processes: 2, lifeMs: [300, 6_000] },
  { app: "dispatcher", ready: null, processes: 2, lifeMs: [2_000, 20_000] },
  { app: "api", ready: "listening", processes: 1, lifeMs: [2_000, 20_000] },
];
/** Pictures of a run that are captioned for money, and what one answer costs in micro-dollars per token. */
const PICTURES = 12;
const PRICE = { in: 2, out: 5 };
const OPEN_RUNS = 8;

const data = makeDataDir();
afterAll(() => data.remove());

test(`${KILLS} kills with seed ${SEED}: no acknowledged run is lost, nothing is published twice, the ledger balances`, async ({
  skip,
}) => {
  console.log(`SOAK_SEED=${SEED} SOAK_KILLS=${KILLS} SOAK_QUEUE=${QUEUE}`);
  const redis = QUEUE === "redis" ? await startRedis() : null;
  if (QUEUE === "redis" && !redis)
    return skip("no redis-server and no TEST_REDIS_URL: kills with Redis were not tried");
  chmodSync(data.path, 0o755);
  const folders = await drawFolders();
  const endpoint = await startFakeVisionServer({ answerMs: 5 });
  const postgres = await startEmbeddedPostgres({ dataDir: join(data.path, "postgres") });
  const catalog = openCatalog({ connection: postgres.connectionString, poolSize: 3, clock, log: quiet });
  await catalog.migrate();
  const port = await freePort();
  const fleet = startFleet({
    roles,
    kills: KILLS,
    seed: SEED,
    env: {
      DATABASE_URL: postgres.connectionString,
      DATABASE_POOL_SIZE: "4",
      DATA_DIR: join(data.path, "data"),
      STORAGE_URL: join(data.path, "objects"),
      STORAGE_FSYNC: "never",
      QUEUE_CONCURRENCY: "2",
      QUEUE_LOCK_SECONDS: "3",
      QUEUE_STALLED_SECONDS: "1",
      QUEUE_HEARTBEAT_SECONDS: "0.5",
      DISPATCH_SILENT_SECONDS: "5",
      API_PORT: String(port),
      API_REQUESTS_PER_MINUTE: "1000000",
      LLAVA_API_URL: endpoint.url,
      LLAVA_INPUT_USD_PER_MILLION_TOKENS: String(PRICE.in),
      LLAVA_OUTPUT_USD_PER_MILLION_TOKENS: String(PRICE.out),
      NODE_COMPILE_CACHE: join(data.path, "compile-cache"),
      ...(redis ? queueEnv(redis) : {}),
    },
  });
  const startedAt = Date.now();
  const client = createClient({ url: `http://127.0.0.1:${port}` });
  const submitter = submitRuns({ client, catalog, folders });
  try {
    const report = setInterval(
      () => console.log(`${fleet.kills} kills, ${submitter.acknowledged.length} runs`),
      30_000,
    );
    await fleet.killed;
    clearInterval(report);
    expect(fleet.complaints).toEqual([]);
    const runs = await submitter.stop();
    const resumed = await endAll(catalog, client);
    const seconds = Math.round((Date.now() - startedAt) / 1_000);
    console.log(
      `${fleet.kills} kills (${fleet.killsWhileStarting} while starting) in ${seconds} s, ${runs.length} runs, ` +
        `${resumed.length} resumed after their job had lost too many workers`,
    );
    await expectNothingLost(catalog, runs);
    await expectNothingTwice(catalog);
    await expectBalance(catalog, endpoint.asked, resumed);
    // Kills without work would prove nothing.
    expect(runs.length).toBeGreaterThan(KILLS / 20);
    expect(fleet.complaints).toEqual([]);
    expect(await fleet.stop()).toEqual(roles.flatMap(({ processes }) => Array(processes).fill(0)));
  } finally {
    await submitter.stop();
    await fleet.stop();
    await catalog.close();
    await endpoint.close();
    await postgres.stop();
    await redis?.stop();
  }
});

const clock = { now: () => new Date() };
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Folders of different pictures: some runs find their pictures prepared, others do not. */
async function drawFolders(): Promise<string[]> {
  const folders: string[] = [];
  for (let seed = 1; seed <= 3; seed += 1) {
    const folder = join(data.path, `pictures-${seed}`);
    mkdirSync(folder, { recursive: true });
    await writePlantedFolder(folder, {
      counts: { good: PICTURES, exact: 2, near: 0, blurred: 0, corrupt: 2, tiny: 0 },
      width: 160,
      height: 120,
      seed,
      encode: (image, quality) => encodeImage(image, "jpeg", { quality }),
    });
    folders.push(folder);
  }
  return folders;
}

/**
 * Keeps some runs open. A run counts as acknowledged when its id was answered; a call that was not answered is made again
 * with the same Idempotency-Key.
 */
function submitRuns({ client, catalog, folders }: { client: Client; catalog: Catalog; folders: readonly string[] }) {
  const acknowledged: string[] = [];
  let stopping = false;
  const submitting = (async () => {
    for (let n = 0; !stopping; n += 1) {
      while (!stopping && (await openRuns(catalog)) >= OPEN_RUNS) await wait(100);
      // Every third run asks for what the one before it asks for: one of the two works, the other takes the result.
      const what = n % 3 === 2 ? n - 1 : n;
      const spec = {
        name: `soak-${n}`,
        dataset: {
          name: `pictures-${what}`,
          sources: [{ type: "folder" as const, path: folders[what % folders.length] ?? "" }],
          prepare: { resolution: 64 + 8 * (what % 5) },
          cleaning: { minSidePixels: 32 },
        },
        caption: { provider: "openai" as const, className: `thing${what}` },
        ...(n % 4 === 0 ? { budgetUsd: 1 } : {}),
      };
      let id: string | null = null;
      if (stopping) break;
      while (id === null) {
        const signal = AbortSignal.timeout(20_000);
        id = await client.createRun(spec, { idempotencyKey: `soak-${n}`, signal }).then(
          (run) => run.id,
          async () => {
            await wait(100);
            return null;
          },
        );
      }
      acknowledged.push(id);
    }
    return acknowledged;
  })();
  return {
    acknowledged,
    stop() {
      stopping = true;
      return submitting;
    },
  };
}

async function openRuns(catalog: Catalog): Promise<number> {
  const [row] = await query<{ open: number }>(
    catalog,
    "select count(*)::int as open from loramill.runs where state in ('planned', 'running')",
  );
  return row?.open ?? 0;
}

/**
 * Waits for all runs. One whose job lost five workers in a row has failed for its input being taken for poison, as it
 * must; it is resumed, as its owner would. Answers which were.
 */
async function endAll(catalog: Catalog, client: Client): Promise<string[]> {
  const resumed: string[] = [];
  for (;;) {
    await eventually(
      "all runs end",
      () => openRuns(catalog),
      (open) => open === 0,
      300_000,
    );
    const poisoned = await query<{ run: string }>(
      catalog,
      `select distinct r.id as run from loramill.runs r join loramill.jobs j on j.run = r.id
       where r.state = 'failed' and j.state = 'quarantined' and j.error->>'code' = 'worker-lost'`,
    );
    if (poisoned.length === 0) return resumed;
    for (const { run } of poisoned) {
      // The API of the last round may still be starting, or have taken the call and not answered: its state decides.
      await eventually(
        `run ${run} is resumed`,
        async () => {
          await client.resumeRun(run).catch(() => undefined);
          const [row] = await query<{ state: string }>(catalog, "select state from loramill.runs where id = $1", [run]);
          return row?.state;
        },
        (state) => state !== undefined && state !== "failed",
        180_000,
      );
    }
    resumed.push(...poisoned.map(({ run }) => run));
  }
}

async function expectNothingLost(catalog: Catalog, acknowledged: readonly string[]): Promise<void> {
  const runs = await query<{ id: string; state: string; error: unknown }>(
    catalog,
    "select id, state, error from loramill.runs",
  );
  expect(runs.filter(({ state }) => state !== "succeeded")).toEqual([]);
  expect(runs.map(({ id }) => id).sort()).toEqual([...acknowledged].sort());
  const unfinished = await query(
    catalog,
    `select s.run, s.name, s.state, s.items, s.jobs_total, s.jobs_succeeded,
       (select count(*)::int from loramill.jobs j where j.step = s.id and j.state = 'succeeded') as done
     from loramill.steps s
     where s.state not in ('succeeded', 'reused') or s.jobs_waiting + s.jobs_open + s.jobs_failed > 0
       -- A step that was resumed may take the result of another run; then the jobs it had are called off.
       or (s.state = 'succeeded' and s.jobs_cancelled > 0) or s.jobs_succeeded + s.jobs_cancelled <> s.jobs_total
       or s.jobs_succeeded <> (select count(*) from loramill.jobs j where j.step = s.id and j.state = 'succeeded')
       or (s.name in ('dataset', 'caption') and s.items <> $1)`,
    [PICTURES],
  );
  expect(unfinished).toEqual([]);
}

async function expectNothingTwice(catalog: Catalog): Promise<void> {
  const twice = {
    "a job that succeeded in more than one attempt, or in another than its last": `
      select j.id from loramill.jobs j left join loramill.attempts a on a.job = j.id and a.outcome = 'succeeded'
      group by j.id, j.epoch having count(a.*) <> 1 or max(a.epoch) <> j.epoch`,
    "an attempt that neither ended nor was found lost": "select job from loramill.attempts where outcome is null",
    "a result that two steps worked out although reuse was on": `
      select key from loramill.steps where state = 'succeeded' and reuse group by key having count(*) > 1`,
    "a succeeded step without its artifact, or with another's output": `
      select s.id from loramill.steps s left join loramill.artifacts a on a.key = s.key
      where a.key is null or a.output <> s.output`,
    "a caption that a job published twice": `
      select job, image from loramill.captions group by job, image having count(*) > 1`,
  };
  for (const [what, text] of Object.entries(twice)) expect(await query(catalog, text), what).toEqual([]);
  const [captions] = await query<{ published: number; wanted: number }>(
    catalog,
    `select (select count(*)::int from loramill.captions) as published,
       (select coalesce(sum(items), 0)::int from loramill.steps where name = 'caption' and state = 'succeeded') as wanted`,
  );
  expect(captions?.published).toBe(captions?.wanted);
}

/** Counters, entries and the endpoint's own list say the same, to the micro-dollar. */
async function expectBalance(
  catalog: Catalog,
  asked: readonly { prompt: string; picture: string }[],
  resumed: readonly string[],
): Promise<void> {
  const unbalanced = await query(
    catalog,
    `select r.id, r.spent_micro_usd, r.budget_micro_usd, coalesce(l.amount, 0) as entries, s.amount as steps
     from loramill.runs r
     left join (select run, sum(amount_micro_usd) as amount from loramill.ledger group by run) l on l.run = r.id
     join (select run, sum(spent_micro_usd) as amount from loramill.steps group by run) s on s.run = r.id
     where r.spent_micro_usd <> coalesce(l.amount, 0) or r.spent_micro_usd <> s.amount
       or r.spent_micro_usd > r.budget_micro_usd`,
  );
  expect(unbalanced).toEqual([]);
  const strangers = await query(
    catalog,
    `select l.id from loramill.ledger l left join loramill.attempts a on a.job = l.job and a.epoch = l.epoch
     where a.job is null`,
  );
  expect(strangers).toEqual([]);

  // Every caption that was paid for and kept is in the ledger, whichever turn asked for it and whoever died. Answers that
  // were on the wire when their worker died are asked for again; nothing is charged that was not asked. The exception:
  // when a job is given up after five lost workers, another run may take over the step with the answers it had.
  // Runs that ask the same share the answers, and whichever asked pays.
  const unpaid = await query(
    catalog,
    `select r.spec->'caption'->>'className' as words, count(l.*)::int as entries from loramill.runs r
     left join loramill.ledger l on l.run = r.id and l.kind = 'captioning'
     group by 1 having count(l.*) < $1 and not bool_or(r.id = any($2))`,
    [PICTURES, resumed],
  );
  expect(unpaid).toEqual([]);
  const prices = new Set(asked.map(({ prompt }) => priceOf(prompt)));
  expect(prices.size).toBe(1);
  const [ledger] = await query<{ entries: number; amount: string }>(
    catalog,
    `select count(*)::int as entries, coalesce(sum(amount_micro_usd), 0) as amount from loramill.ledger
     where kind = 'captioning'`,
  );
  const entries = ledger?.entries ?? 0;
  console.log(`${asked.length} captions asked, ${entries} charged, ${new Set(asked.map(keyOf)).size} different ones`);
  expect(entries).toBeGreaterThanOrEqual(new Set(asked.map(keyOf)).size - PICTURES * resumed.length);
  expect(entries).toBeLessThanOrEqual(asked.length);
  expect(Number(ledger?.amount)).toBe(entries * Number([...prices][0]));
}

const keyOf = ({ prompt, picture }: { prompt: string; picture: string }): string => `${prompt} ${picture}`;

/** What an answer costs in micro-dollars, by what the endpoint says it used. */
function priceOf(prompt: string): number {
  return (256 + prompt.split(" ").length) * PRICE.in + 12 * PRICE.out;
}

async function query<Row>(catalog: Catalog, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  return (await catalog.pool.query(text, [...values])).rows as Row[];
}
