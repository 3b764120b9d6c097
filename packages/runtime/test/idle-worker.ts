/** A worker of a queue that has no jobs yet, run as a process by the tests of its life. */
import { defineWorker } from "../src/worker/define-worker.ts";
import { runWorker } from "../src/worker/run-worker.ts";

const app = defineWorker({ queue: "evaluate", config: {}, open: async () => ({}), processors: {} });
await runWorker(app, { env: process.env });
