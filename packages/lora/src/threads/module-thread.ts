import { parentPort } from "node:worker_threads";
import { toErrorRecord } from "@loramill/contracts";
import type { Question, Reply } from "./messages.ts";
import { answerTo } from "./module-work.ts";
import { withOwnBuffers } from "./owned-buffers.ts";

/** A thread that computes modules, one after the other, until it is told to end. */
const port = parentPort;
if (!port) throw new Error("this file is started as a thread, not by itself");
port.on("message", (question: Question) => {
  if (question === "close") {
    port.close();
    return;
  }
  port.postMessage(...replyTo(question));
});

function replyTo({ operation, request }: Exclude<Question, "close">): [Reply, ArrayBuffer[]] {
  try {
    const { value, buffers } = withOwnBuffers(answerTo(operation, request));
    return [{ answer: value }, buffers];
  } catch (error) {
    return [{ error: toErrorRecord(error) }, []];
  }
}
