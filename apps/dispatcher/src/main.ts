import { migrate } from "./migrate.ts";
import { runDispatcher } from "./run-dispatcher.ts";

await (process.argv[2] === "migrate" ? migrate : runDispatcher)({ env: process.env });
