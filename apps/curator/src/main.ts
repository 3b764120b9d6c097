import { runWorker } from "@loramill/runtime";
import { curatorWorker } from "./worker.ts";

await runWorker(curatorWorker, { env: process.env });
