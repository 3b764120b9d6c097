import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

/** What the bench is told about the endpoint it has asked. */
export interface EndpointReport {
  readonly answered: number;
  readonly refused: number;
  /** Milliseconds that slots were at work, all together, and from the first question to the last answer. */
  readonly slotMs: number;
  readonly wallMs: number;
}

/** A vision endpoint with so many slots; what finds none waits in a queue, or is refused with 429. */
const { slots, answerMs, queues } = workerData as { slots: number; answerMs: number; queues: boolean };
const waiting: (() => void)[] = [];
const load = { busy: 0, slotMs: 0, answered: 0, refused: 0, firstAt: 0, lastAt: 0 };

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    if (request.method === "GET") return json(200, { data: [{ id: "llava" }] });
    load.firstAt ||= performance.now();
    if (load.busy < slots) return work();
    if (queues) return void waiting.push(work);
    load.refused += 1;
    response.setHeader("retry-after-ms", "100");
    return json(429, { error: { message: "too many requests" } });
  });

  function work(): void {
    load.busy += 1;
    const started = performance.now();
    setTimeout(() => {
      const now = performance.now();
      load.busy -= 1;
      load.slotMs += now - started;
      load.answered += 1;
      load.lastAt = now;
      const content = `a picture on a table, number ${load.answered}`;
      json(200, {
        choices: [{ message: { role: "assistant", content }, finish_reason: "stop" }],
        usage: { prompt_tokens: 1_000, completion_tokens: 12 },
      });
      waiting.shift()?.();
    }, answerMs);
  }

  function json(status: number, body: unknown): void {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  }
});

server.listen(0, "127.0.0.1", () => {
  parentPort?.postMessage({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` });
});
parentPort?.on("message", () => {
  const { answered, refused, slotMs, firstAt, lastAt } = load;
  parentPort?.postMessage({ answered, refused, slotMs, wallMs: lastAt - firstAt } satisfies EndpointReport);
});
