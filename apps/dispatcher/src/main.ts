import { runDispatcher } from "./run-dispatcher.ts";

await runDispatcher({ env: process.env });
