import { spawn } from "node:child_process";
import { once } from "node:events";
import type { JobLedger } from "@loramill/contracts";
import { expect, test } from "vitest";
import { serveLedger } from "./ledger-over-ipc.ts";

test("a child that is killed while its question is answered ends nobody but itself", async () => {
  const asks = "process.send({ ask: 1, call: 'claim', argument: {} }); setInterval(() => {}, 60_000);";
  const child = spawn(process.execPath, ["-e", asks], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    serialization: "advanced",
  });
  const errors: Error[] = [];
  child.on("error", (error) => errors.push(error));
  const asked = Promise.withResolvers<void>();
  const killing = {
    claim: async () => {
      child.kill("SIGKILL");
      // Blocks, so that the child is gone when it is answered, and nothing has told so.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      asked.resolve();
    },
  };
  serveLedger(child, killing as unknown as JobLedger);
  const exited = once(child, "exit");
  await asked.promise;
  expect(await exited).toEqual([null, "SIGKILL"]);
  expect(errors).toEqual([]);
});
