import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Tells commands on this machine where the mill of a data folder is: `<DATA_DIR>/mill.json`, for its owner only. */
export async function writeMillFile(
  dataDir: string,
  mill: { url: string; pid: number; token: string },
): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true });
  const path = join(dataDir, "mill.json");
  const temporary = `${path}.${mill.pid}`;
  await writeFile(temporary, `${JSON.stringify(mill)}\n`, { mode: 0o600 });
  await chmod(temporary, 0o600);
  await rename(temporary, path);
  return () => rm(path, { force: true });
}
