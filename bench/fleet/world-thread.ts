import { parentPort } from "node:worker_threads";
import { answerOf, type WorldQuestion } from "./worlds.ts";

/** A thread that computes one world after the other. */
parentPort?.on("message", async (question: WorldQuestion) => parentPort?.postMessage(await answerOf(question)));
