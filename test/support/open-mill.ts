import { join } from "node:path";
import type { Client } from "@loramill/sdk";
import { afterAll, beforeAll } from "vitest";
import { type MillProcess, makeDataDir, startMill } from "./mill.ts";

export interface OpenMill {
  /** A path in the folder of this test file, which is removed after its tests; `data` in it is the mill's. */
  at(...names: string[]): string;
  /** There once the hooks of the test file have run as far as the call of `openMill`. */
  readonly client: Client;
}

/** One mill for all tests of a file: started before them and stopped after them, on a fresh folder. */
export function openMill(env: Readonly<Record<string, string>> = {}): OpenMill {
  const folder = makeDataDir();
  const at = (...names: string[]) => join(folder.path, ...names);
  let mill: MillProcess | undefined;
  beforeAll(async () => {
    mill = await startMill({ dataDir: at("data"), env });
  });
  afterAll(async () => {
    await mill?.stop();
    folder.remove();
  });
  return {
    at,
    get client() {
      if (mill === undefined) throw new Error("the mill is started in a hook: use it in tests and later hooks");
      return mill.client;
    },
  };
}
