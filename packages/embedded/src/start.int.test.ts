import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import pg from "pg";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./index.ts";
import { readLock } from "./lock.ts";
import { processFacts, runsCluster } from "./process-table.ts";
import { startTestPostgres } from "./testing.ts";

const asRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };
const userProcess = join(import.meta.dirname, "..", "test", "user-process.ts");
const servers: EmbeddedPostgres[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

/** A temporary folder that every user can pass, removed after the test. */
async function temporaryFolder(name = "pg"): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `loramill-test-${name}-`));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  return folder;
}

async function start(dataDir: string, options: object = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, ...options });
  servers.push(server);
  return server;
}

async function query(server: Pick<EmbeddedPostgres, "connectionString">, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.connectionString });
  client.on("error", () => undefined); // the tests kill servers
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Starts another process that uses the server; `close` lets it leave. */
async function startProcess(options: object, account: Partial<typeof nobody> = {}) {
  const child = spawn(process.execPath, [userProcess, JSON.stringify(options)], {
    stdio: ["pipe", "pipe", "inherit"],
    ...account,
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`the process ended with ${code}`))),
  ])) as [string];
  const server = JSON.parse(line) as EmbeddedPostgres;
  const close = async (): Promise<void> => {
    child.stdin.end();
    await ended(child);
  };
  return { child, server, close };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

/** Kills without warning and returns once the process is gone. */
async function kill(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  await expect.poll(async () => (await processFacts(pid)).alive, { timeout: 30_000 }).toBe(false);
}

test("a new folder becomes a server that pg reaches by its connection string", async () => {
  const server = await start(await temporaryFolder());
  expect(server.started).toBe(true);
  expect(await query(server, "select current_user as name, current_setting('server_encoding') as encoding")).toEqual([
    { name: "loramill", encoding: "UTF8" },
  ]);
  expect(new URL(server.connectionString).pathname).toBe("/postgres");
});

test("a second start finds the first, and the last to leave stops it", async () => {
  const folder = await temporaryFolder();
  const first = await start(folder);
  const second = await start(folder);
  expect([second.started, second.pid]).toEqual([false, first.pid]);
  await first.stop();
  expect(await query(second, "select 1 as one")).toEqual([{ one: 1 }]);
  await second.stop();
  await second.stop();
  expect(await readLock(first.dataDir)).toBeUndefined();
  expect((await processFacts(first.pid)).alive).toBe(false);
});

test("processes share a server: the one that started it may leave first", async () => {
  const folder = await temporaryFolder();
  const other = await startProcess({ dataDir: folder });
  const here = await start(folder);
  expect(here.started).toBe(false);
  await other.close();
  expect(await query(here, "select 1 as one")).toEqual([{ one: 1 }]);
  await here.stop();
  expect(await runsCluster(here.pid, here.dataDir)).toBe(false);
});

test("starts at the same moment agree on one server", async () => {
  const folder = await temporaryFolder();
  const all = await Promise.all([startProcess({ dataDir: folder }), start(folder), startProcess({ dataDir: folder })]);
  const found = all.map((each) => ("server" in each ? each.server : each));
  expect(new Set(found.map(({ pid }) => pid)).size).toBe(1);
  expect(found.filter(({ started }) => started)).toHaveLength(1);
  await Promise.all(all.map((each) => ("close" in each ? each.close() : each.stop())));
  expect((await processFacts(found[0]?.pid ?? 0)).alive).toBe(false);
});

test("starting and stopping at the same time, again and again, always gives a server that answers", async () => {
  const folder = await temporaryFolder();
  const rounds = async (): Promise<void> => {
    for (let round = 0; round < 5; round++) {
      const server = await startEmbeddedPostgres({ dataDir: folder });
      expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
      await server.stop();
    }
  };
  await Promise.all([rounds(), rounds(), rounds()]);
  expect(await readLock(join(folder, "database", "cluster"))).toBeUndefined();
});

test("a lock without a number, left by a server that was killed while it wrote it, keeps nobody from starting", async () => {
  const folder = await temporaryFolder();
  const first = await start(folder);
  await first.stop();
  await writeFile(join(first.dataDir, "postmaster.pid"), "");
  const [second, third] = await Promise.all([start(folder), start(folder)]);
  expect(await query(second, "select 1 as one")).toEqual([{ one: 1 }]);
  expect(third.pid).toBe(second.pid);
});

test("rows committed before kill -9 of the server are there after the next start", async () => {
  const folder = await temporaryFolder();
  const first = await start(folder);
  await query(first, "create table kept as select generate_series(1, 5000) as n");
  await kill(first.pid);
  const second = await start(folder);
  expect(second.started).toBe(true);
  expect(await query(second, "select count(*)::int as rows from kept")).toEqual([{ rows: 5000 }]);
});

test("a server outlives kill -9 of its user, is found again and stopped by the next", async () => {
  const folder = await temporaryFolder();
  const { child, server } = await startProcess({ dataDir: folder });
  child.kill("SIGKILL");
  await ended(child);
  const next = await start(folder);
  expect([next.started, next.pid]).toEqual([false, server.pid]);
  await next.stop();
  await expect.poll(() => runsCluster(server.pid, server.dataDir), { timeout: 30_000 }).toBe(false);
});

test.runIf(process.platform === "linux")(
  "a zombie, or a stranger with the server's number, does not keep the lock",
  async () => {
    const folder = await temporaryFolder();
    const first = await start(folder);
    await query(first, "create table kept as select 1 as n");
    const lockPath = join(first.dataDir, "postmaster.pid");
    const lock = await readFile(lockPath, "utf8");
    // The shell starts a child, then becomes a program that never asks for its exit status. The child ends after that.
    const parent = spawn("sh", ["-c", "cat <&3 & echo $!; exec sleep 1000"], {
      stdio: ["ignore", "pipe", "inherit", "pipe"],
    });
    onTestFinished(() => void parent.kill("SIGKILL"));
    const [zombie] = (await once(createInterface({ input: parent.stdout as Readable }), "line")) as [string];
    await expect.poll(() => readFile(`/proc/${parent.pid}/comm`, "utf8"), { timeout: 30_000 }).toBe("sleep\n");
    (parent.stdio[3] as Writable).end();
    await expect.poll(() => readFile(`/proc/${zombie}/stat`, "utf8"), { timeout: 30_000 }).toContain(") Z ");
    for (const impostor of [zombie, String(process.pid)]) {
      await kill((await readLock(first.dataDir))?.pid ?? 0);
      await writeFile(lockPath, lock.replace(/^\d+/, impostor));
      await writeFile(join(first.host, ".s.PGSQL.5432.lock"), `${impostor}\n`);
      const next = await start(folder);
      expect(await query(next, "select n from kept")).toEqual([{ n: 1 }]);
    }
  },
);

test("a folder with spaces, a comma, quotes and a long name works", async () => {
  const folder = join(await temporaryFolder(), `my "own" data, ${"x".repeat(80)}`);
  const server = await start(folder);
  expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
  await server.stop();
  await expect(stat(server.host)).rejects.toThrow("ENOENT");
  const short = await start(join(await temporaryFolder("s"), 'a "b", c'));
  expect(await query(short, "select 1 as one")).toEqual([{ one: 1 }]);
});

test("over TCP it listens on the loopback and asks for its password", async () => {
  const server = await start(await temporaryFolder(), { transport: "tcp" });
  expect(server.host).toBe("127.0.0.1");
  expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
  const guess = server.connectionString.replace(/:[^:@]+@/, ":wrong@");
  await expect(query({ connectionString: guess }, "select 1")).rejects.toThrow("password authentication failed");
});

test("a server that cannot start says why", async () => {
  const folder = await temporaryFolder();
  const server = await start(folder);
  await server.stop();
  await writeFile(join(server.dataDir, "postgresql.auto.conf"), "shared_buffers = 'plenty'\n");
  await expect(startEmbeddedPostgres({ dataDir: folder })).rejects.toThrow("shared_buffers");
});

test("a database of another major version is refused by name", async () => {
  const server = await start(await temporaryFolder());
  await server.stop();
  await writeFile(join(server.dataDir, "PG_VERSION"), "14\n");
  await expect(startEmbeddedPostgres({ dataDir: join(server.dataDir, "..", "..") })).rejects.toThrow(
    "made by Postgres 14",
  );
});

test("the server of a test leaves no folder behind", async () => {
  const server = await startTestPostgres();
  expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
  await server.stop();
  await expect(stat(join(server.dataDir, "..", ".."))).rejects.toThrow("ENOENT");
});

test.runIf(asRoot)("as root, a folder under a private home works: the database lies in the system folder", async () => {
  const [home, systemDir] = [await temporaryFolder(), join(await temporaryFolder(), "system")];
  await chmod(home, 0o700);
  const server = await start(join(home, "data"), { systemDir });
  expect(server.dataDir.startsWith(join(systemDir, "data"))).toBe(true);
  expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
  await server.stop();
  const again = await start(join(home, "data"), { systemDir });
  expect(again.dataDir).toBe(server.dataDir);
});

const canDrop = asRoot && spawnSync(process.execPath, ["-e", ""], nobody).status === 0;
if (!canDrop)
  console.warn("SKIPPED: embedded Postgres as another user: needs root, and a checkout that `nobody` can read");

test.runIf(canDrop)(
  "an ordinary user starts it straight from node_modules, and root may join as its guest",
  async () => {
    const folder = join(await temporaryFolder(), "data");
    await mkdir(folder);
    await chown(folder, nobody.uid, nobody.gid);
    const user = await startProcess({ dataDir: folder, systemDir: "/nonexistent" }, nobody);
    expect((await stat(user.server.dataDir)).uid).toBe(nobody.uid);
    const root = await start(folder);
    expect(root.started).toBe(false);
    await user.close();
    expect(await query(root, "select 1 as one")).toEqual([{ one: 1 }]);
  },
);
