import { runWorker } from "@loramill/runtime";
import { provisionerWorker } from "./worker.ts";

await runWorker(provisionerWorker, { env: process.env });
