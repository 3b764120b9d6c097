import { runWorker } from "@loramill/runtime";
import { captionerWorker } from "./worker.ts";

await runWorker(captionerWorker, { env: process.env });
