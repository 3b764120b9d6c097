import { ledgerOfParent, trialJobs, trialProcessors } from "@loramill/testkit";
import { createWorker, openQueueConnection } from "../src/index.ts";

/** A worker in a process of its own, for the conformance suite: takes its settings from argv, its ledger from the parent. */
const { url, prefix, settings } = JSON.parse(process.argv[2] ?? "{}");
const connection = await openQueueConnection({ url, prefix });
const { processors } = trialProcessors();
const say = (level: string) => (details: unknown, message: string) =>
  process.stderr.write(`${settings.name} ${level} ${message} ${JSON.stringify(details)}\n`);
const worker = createWorker({
  heartbeatMs: 100,
  concurrency: 4,
  ...settings,
  queue: "caption",
  connection,
  ledger: ledgerOfParent(),
  processors: processors as never,
  definitions: trialJobs,
  clock: { now: () => new Date() },
  random: Math.random,
  log: { debug: () => {}, info: () => {}, warn: say("warn"), error: say("error") },
});
process.once("SIGTERM", async () => {
  await worker.close();
  await connection.close();
  process.off("disconnect", leave).disconnect(); // From here on nothing may keep the process alive.
});
const leave = () => process.exit(1); // The parent is gone.
process.once("disconnect", leave);
process.send?.("ready");
