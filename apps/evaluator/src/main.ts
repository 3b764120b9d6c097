import { runWorker } from "@loramill/runtime";
import { evaluatorWorker } from "./worker.ts";

await runWorker(evaluatorWorker, { env: process.env });
