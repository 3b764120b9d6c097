import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCatalog } from "@loramill/catalog";
import { startTestPostgres } from "@loramill/embedded/testing";
import { keepLog, waitUntil } from "@loramill/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { shellBlocks } from "./shell-blocks.ts";
import { startSystemPostgres } from "./system-postgres.ts";

const root = join(import.meta.dirname, "../..");
const open = (connection: string) =>
  openCatalog({ connection, clock: { now: () => new Date() }, log: keepLog(), poolSize: 2 });

/** Runs shell of a page as a person would, in a folder of its own. */
function shell(text: string, cwd: string, env: Readonly<Record<string, string>>): string {
  const { status, stdout, stderr } = spawnSync("sh", ["-euc", text], { cwd, env, encoding: "utf8" });
  expect(status, `${text}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "loramill-pages-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("what was backed up is restored over what came after it, and into another database", async ({ skip }) => {
  const server = await startSystemPostgres();
  if (server === null) return skip("no Postgres of the system");
  onTestFinished(() => server.stop());
  const admin = () => new pg.Client(server.url);
  await waitUntil("the server answers", async () => {
    const client = admin();
    client.on("error", () => {});
    await client.connect();
    await client.end();
    return true;
  });
  const [backup = ""] = shellBlocks("docs/operations/backups.md", "Backup");
  const [restore = ""] = shellBlocks("docs/operations/backups.md", "Restore");
  const folder = scratch();
  const env = (url: string) => ({ PATH: `${server.programs}:${process.env.PATH}`, DATABASE_URL: url });

  const before = open(server.url);
  await before.migrate();
  await before.projects.ensure("kept");
  await before.close();
  shell(backup, folder, env(server.url));

  const after = open(server.url);
  await after.projects.ensure("made after the backup");
  await after.close();
  const client = admin();
  await client.connect();
  // As a newer version would have left it.
  await client.query("create table loramill.of_a_newer_version (id int)");
  // Of another cluster, with a role of another name, which may do nothing elsewhere.
  await client.query("create role mill login; grant usage on schema loramill to loramill");
  await client.query("create database another owner mill");
  await client.end();
  const another = server.url.replace("/postgres?", "/another?").replace("loramill@", "mill@");
  for (const url of [server.url, another]) {
    shell(restore, folder, env(url));
    const restored = open(url);
    await restored.migrate();
    const { rows } = await restored.pool.query("select name from loramill.projects order by name");
    expect(rows.map(({ name }) => name)).toContain("kept");
    expect(rows.map(({ name }) => name)).not.toContain("made after the backup");
    const left = await restored.pool.query("select to_regclass('loramill.of_a_newer_version') as left");
    expect(left.rows).toEqual([{ left: null }]);
    await restored.close();
  }
});

describe("with the embedded Postgres", () => {
  let server: Awaited<ReturnType<typeof startTestPostgres>>;
  beforeAll(async () => {
    server = await startTestPostgres();
  });
  afterAll(() => server.stop());

  test("the page finds the address of one that runs in a data folder", async () => {
    const [find = ""] = shellBlocks("docs/operations/backups.md", "From one machine to a cluster");
    const folder = scratch();
    // A mill's data folder has the database below `postgres`, the test's has it right there.
    const setup = `mkdir -p data && ln -s '${join(server.dataDir, "../..")}' data/postgres`;
    const said = shell(`${setup}\n${find}\nprintf %s "$DATABASE_URL"`, folder, { PATH: process.env.PATH ?? "" });
    const client = new pg.Client(said);
    await client.connect();
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await client.end();
  });

  test("every question to the database that a page names is one that it answers", async () => {
    const catalog = open(server.connectionString);
    await catalog.migrate();
    const pages = ["docs/operations.md", "docs/runbooks.md", "docs/deployment.md", "docs/fleet.md"];
    const questions = pages.flatMap((page) =>
      [...readFileSync(join(root, page), "utf8").matchAll(/`(select [^`]+)`/g)].map(([, sql = ""]) => sql),
    );
    expect(questions.length).toBeGreaterThan(1);
    for (const sql of questions) await catalog.pool.query(sql);
    await catalog.close();
  });
});
