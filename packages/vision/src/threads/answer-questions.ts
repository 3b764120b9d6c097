import { parentPort } from "node:worker_threads";
import { toErrorRecord } from "@loramill/contracts";
import type { Question, Reply } from "./messages.ts";

/**
 * In a thread: answers its questions one after the other until it is told to end; then `end` gives back what it holds. It
 * ends by itself and is never terminated, because native code that is interrupted takes the whole process with it.
 */
export function answerQuestions<Request>(
  work: (request: Request) => Promise<unknown>,
  end?: () => Promise<void>,
): void {
  const port = parentPort;
  if (!port) throw new Error("this file is started as a thread, not by itself");
  const say = (reply: Reply) => port.postMessage(reply);
  let closing = false;
  let last: Promise<void> = Promise.resolve();
  const answer = async (id: number, request: Request) => {
    if (closing) return;
    try {
      say({ id, answer: await work(request) });
    } catch (error) {
      say({ id, error: toErrorRecord(error) });
    }
  };
  port.on("message", (question: Question) => {
    if ("close" in question) {
      if (closing) return;
      closing = true;
      last = last.then(end).finally(() => port.close());
    } else {
      last = last.then(() => answer(question.id, question.request as Request));
    }
  });
}
