import { runWorker } from "@loramill/runtime";
import { trainerWorker } from "./worker.ts";

await runWorker(trainerWorker, { env: process.env });
