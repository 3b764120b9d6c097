import { runWorker } from "@loramill/runtime";
import { generatorWorker } from "./worker.ts";

await runWorker(generatorWorker, { env: process.env });
