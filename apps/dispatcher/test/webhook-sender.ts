import { openCatalog } from "@loramill/catalog";
import { startSending } from "./webhook-bench.ts";

/** A process that sends webhooks of the catalog at argv[2] until it is killed; its leases last a second. */
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const [, , connection = ""] = process.argv;
startSending(openCatalog({ connection, clock: { now: () => new Date() }, log: quiet }), { leaseMs: 1_000 });
