import { setTimeout as pause } from "node:timers/promises";
import { openStores } from "../src/open-stores.ts";

/** Puts an object that never ends; killed by the test that started it. */
const { objects } = await openStores({ url: process.argv[2] ?? "" });
async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield Buffer.alloc(100_000, 1);
    await pause(1);
  }
}
await objects.put("victim", endless());
