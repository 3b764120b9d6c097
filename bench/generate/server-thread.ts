import { parentPort, workerData } from "node:worker_threads";
import { startFakeComfyUiServer } from "@loramill/testkit";

/** What the bench is told about the server that it has used. */
export interface ServerReport {
  readonly prompts: number;
  /** Milliseconds that it drew, and from the beginning of its first prompt to the end of its last. */
  readonly busyMs: number;
  readonly wallMs: number;
}

/** A ComfyUI server of its own thread, so that it keeps its pace whatever the bench computes. */
const { stepMs } = workerData as { stepMs: number };
const server = await startFakeComfyUiServer({ stepMs });
parentPort?.postMessage({ url: server.url });
parentPort?.on("message", () => parentPort?.postMessage(report()));

function report(): ServerReport {
  const spans = [...server.runner.history.values()].map(({ status: { messages } }) => {
    const times = messages.map(([, data]) => Number(data.timestamp)).filter(Number.isFinite);
    return [Math.min(...times), Math.max(...times)] as const;
  });
  const starts = spans.map(([start]) => start);
  const ends = spans.map(([, end]) => end);
  return {
    prompts: spans.length,
    busyMs: spans.reduce((sum, [start, end]) => sum + end - start, 0),
    wallMs: Math.max(...ends) - Math.min(...starts),
  };
}
