import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { S3Answer } from "./operation.ts";
import type { S3Fault } from "./s3-faults.ts";

interface AnswerOptions {
  readonly requestId: string;
  readonly now: Date;
  readonly fault: S3Fault | null;
  readonly head: boolean;
}

/** Writes an answer, with the harm that a fault does to bodies. */
export async function writeAnswer(response: ServerResponse, answer: S3Answer, options: AnswerOptions): Promise<void> {
  const { fault, head, now, requestId } = options;
  const body = Buffer.from(answer.body ?? "");
  response.writeHead(answer.status, {
    date: now.toUTCString(),
    server: "loramill-test-s3",
    "x-amz-request-id": requestId,
    "x-amz-id-2": requestId,
    ...(answer.status === 204 || answer.status === 304 ? {} : { "content-length": String(body.byteLength) }),
    ...answer.headers,
  });
  if (head || body.byteLength === 0) return void response.end();
  if (fault?.type === "corrupt") return void response.end(flipped(body));
  if (fault?.type === "truncate" && fault.afterBytes < body.byteLength) {
    response.write(body.subarray(0, fault.afterBytes), () => response.destroy());
    return;
  }
  if (fault?.type === "slow-body") {
    for (let start = 0; start < body.byteLength && !response.destroyed; start += fault.pieceBytes) {
      response.write(body.subarray(start, start + fault.pieceBytes));
      await pause(fault.pauseMs);
    }
    return void response.end();
  }
  response.end(body);
}

function flipped(body: Buffer): Buffer {
  const copy = Buffer.from(body);
  const middle = copy.byteLength >>> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 0x01;
  return copy;
}
