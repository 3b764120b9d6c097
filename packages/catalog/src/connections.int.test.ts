import { toErrorRecord } from "@loramill/contracts";
import { keepLog, waitUntil } from "@loramill/testkit";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inTransaction } from "./connection.ts";
import { startTestServer, type TestServer } from "./testing.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

test("migrations run once though many processes start together, beside the tables of others", async () => {
  const catalog = await server.open();
  await catalog.pool.query(
    "create schema bullmq; create table bullmq.job (id text); create table public.job (id text)",
  );
  const others = Array.from({ length: 4 }, () => server.openAgain(catalog.url));
  await Promise.all(others.map((other) => other.migrate()));
  const { rows } = await catalog.pool.query("select count(*)::int as count from loramill.__drizzle_migrations");
  expect(rows[0].count).toBeGreaterThan(0);
  await expect(catalog.projects.list()).resolves.toEqual([]);
  const schemas = await catalog.pool.query("select nspname from pg_namespace where nspname in ('drizzle', 'bullmq')");
  expect(schemas.rows).toEqual([{ nspname: "bullmq" }]);
});

test("a version that meets a catalog newer than itself says so, and works on", async () => {
  const catalog = await server.open();
  const log = keepLog();
  await server.openAgain(catalog.url, { log }).migrate();
  expect(log.lines).toEqual([]);
  await catalog.pool.query(
    "insert into loramill.__drizzle_migrations (hash, created_at) values ('of a newer version', $1)",
    [Date.parse("2100-01-01")],
  );
  await server.openAgain(catalog.url, { log }).migrate();
  expect(JSON.stringify(log.lines)).toContain("the catalog is newer than this version");
});

test("a catalog that is not there, or lets nobody in, is named without its password", async () => {
  const catalog = await server.open();
  const closed = server.openAgain("postgres://me:hidden@127.0.0.1:1/nowhere");
  await expect(closed.migrate()).rejects.toMatchObject({
    code: "catalog-unreachable",
    message: expect.stringMatching(/^Postgres at 127\.0\.0\.1:1\/nowhere (?!.*hidden)/),
  });
  const url = new URL(catalog.url);
  url.pathname = "/another";
  await expect(server.openAgain(url.toString()).migrate()).rejects.toMatchObject({ code: "catalog-refused" });
});

test("queries of a server that is gone fail as something to wait for, by whatever way they were asked", async () => {
  const gone = server.openAgain("postgres://me:hidden@127.0.0.1:1/nowhere");
  const expected = {
    class: "transient",
    code: "catalog-unreachable",
    message: expect.stringMatching(/^Postgres at 127\.0\.0\.1:1\/nowhere is out of reach (?!.*hidden).*DATABASE_URL/),
  };
  const run = `run_${"0".repeat(32)}` as const;
  const asked = {
    drizzle: () => gone.projects.list(),
    text: () => gone.jobs.list({ run }),
    transaction: () => gone.runs.requestCancel({ run }),
    batch: () => gone.ledger.claim({ job: `job_${"0".repeat(32)}`, release: 1, worker: "w", queue: "train" }),
  };
  for (const [way, ask] of Object.entries(asked)) {
    const error = await ask().catch((thrown: unknown) => toErrorRecord(thrown));
    expect(error, way).toMatchObject(expected);
  }
});

test("a server that cuts a connection in mid-query is one to wait for, and what it says of a statement stays its word", async () => {
  const catalog = await server.open();
  const sleeping = catalog.pool.query("select pg_sleep(60)").catch((error: unknown) => toErrorRecord(error));
  await waitUntil("the query to run", async () => {
    const { rowCount } = await catalog.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(60)' and datname = current_database()",
    );
    return rowCount === 1;
  });
  expect(await sleeping).toMatchObject({ class: "transient", code: "catalog-unreachable" });
  await expect(catalog.pool.query("select nonsense")).rejects.toBeInstanceOf(pg.DatabaseError);
});

test("a connection that is cut between two statements of a transaction ends the transaction, and not the process", async () => {
  const catalog = await server.open();
  const cut = inTransaction(catalog.pool, async (client) => {
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const ended = new Promise<void>((resolve) => client.once("end", resolve));
    await catalog.pool.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await ended;
    return client.query("select 1");
  });
  await expect(cut).rejects.toMatchObject({ code: "catalog-unreachable" });
  await expect(catalog.pool.query("select 1")).resolves.toMatchObject({ rowCount: 1 });
});

test("listening goes on after its connection was cut, and says that something may have been missed", async () => {
  const catalog = await server.open();
  const heard: string[] = [];
  const subscription = await catalog.listen("loramill_events", (payload) => heard.push(payload));
  await catalog.pool.query("select pg_notify('loramill_events', 'one')");
  await waitUntil("the first message", () => heard.includes("one"));
  await catalog.pool.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where (query like 'listen%' or query = 'select 1') and datname = current_database()",
  );
  await waitUntil("the reconnect", () => heard.includes(""));
  await catalog.pool.query("select pg_notify('loramill_events', 'two')");
  await waitUntil("the second message", () => heard.includes("two"));
  await subscription.close();
  await subscription.close();
});

test("one leads; a cut connection or a resignation lets another one lead, and the old one hears of it", async () => {
  const catalog = await server.open();
  const other = server.openAgain(catalog.url);
  const request = { lock: "test", checkMs: 5_000 }; // The server gives a session that is quiet three times as long up.
  const first = await catalog.tryToLead(request);
  if (first === null) throw new Error("nobody leads");
  expect(await other.tryToLead(request)).toBeNull();
  const elsewhere = await other.tryToLead({ ...request, lock: "another" });
  expect(elsewhere).not.toBeNull();
  await elsewhere?.resign();
  await catalog.pool.query(
    `select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database
     where l.locktype = 'advisory' and d.datname = current_database()`,
  );
  await waitUntil("the leader to hear of it", () => first.lost.aborted);
  const second = await waitUntil("the standby to lead", async () => (await other.tryToLead(request)) ?? undefined);
  await second.resign();
  await second.resign();
  const third = await catalog.tryToLead(request);
  expect(third).not.toBeNull();
  await third?.resign();
  await first.resign();
});

test("a leader that froze loses its session by itself", async () => {
  const catalog = await server.open();
  const frozen = new pg.Client(catalog.url);
  frozen.on("error", () => {});
  await frozen.connect();
  await frozen.query(
    "set idle_session_timeout = 300; select pg_try_advisory_lock(hashtextextended('frozen', 0))", // Quiet only after both.
  );
  const leadership = await waitUntil(
    "the lock to be free",
    async () => (await catalog.tryToLead({ lock: "frozen", checkMs: 100 })) ?? undefined,
  );
  await leadership.resign();
  await frozen.end().catch(() => {});
});

test("close waits for batches under way and may be called twice", async () => {
  const catalog = await server.open();
  const claim = catalog.ledger.claim({ job: `job_${"0".repeat(32)}`, release: 1, worker: "w", queue: "train" });
  await Promise.all([catalog.close(), catalog.close()]);
  await expect(claim).resolves.toEqual({ kind: "refused", reason: "unknown" });
});
