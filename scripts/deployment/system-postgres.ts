import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SystemPostgres {
  readonly url: string;
  /** With `pg_dump`, `pg_restore` and `psql` of the same version. */
  readonly programs: string;
  stop(): Promise<void>;
}

const VERSIONS = "/usr/lib/postgresql";
const PORT = 5432;
const DAEMON = 1;

/**
 * The newest server that the system has installed as Debian does, started on a socket of its own: its clients read no server
 * that is newer, as the embedded one is. Null, after one loud line, where there is none.
 */
export async function startSystemPostgres(): Promise<SystemPostgres | null> {
  const programs = findPrograms();
  if (programs === null) {
    console.warn(`SKIPPED: no Postgres with its clients in ${VERSIONS}: the commands for backups were not run`);
    return null;
  }
  const folder = mkdtempSync(join(tmpdir(), "loramill-pg-"));
  // Postgres refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  const account = isRoot ? { uid: DAEMON, gid: DAEMON } : {};
  if (isRoot) chownSync(folder, DAEMON, DAEMON);
  chmodSync(folder, 0o755);
  const data = join(folder, "data");
  mkdirSync(data, { mode: 0o700 });
  if (isRoot) chownSync(data, DAEMON, DAEMON);
  const options = { ...account, cwd: "/", stdio: "ignore" } as const;
  // Whatever language is set here, which need not be installed.
  const language = ["--locale=C", "--encoding=UTF8"];
  execFileSync(
    join(programs, "initdb"),
    ["-D", data, "-U", "loramill", "--auth=trust", "--no-sync", ...language],
    options,
  );
  const flags = ["-D", data, "-k", folder, "-p", String(PORT), "-c", "listen_addresses=", "-c", "fsync=off"];
  const server = spawn(join(programs, "postgres"), flags, options);
  return {
    url: `postgres://loramill@localhost:${PORT}/postgres?host=${encodeURIComponent(folder)}`,
    programs,
    async stop() {
      await ended(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function findPrograms(): string | null {
  try {
    const [newest] = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a));
    const folder = join(VERSIONS, newest ?? "", "bin");
    const has = new Set(readdirSync(folder));
    return ["initdb", "postgres", "pg_dump", "pg_restore", "psql"].every((name) => has.has(name)) ? folder : null;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGINT");
  await exit;
}
