import type { IncomingMessage, ServerResponse } from "node:http";
import type { SpawnedAgent } from "../trainers/spawn-agent.ts";
import { problem, send } from "./fake-runpod-moves.ts";
import type { FakePod } from "./fake-runpod-pods.ts";

/** What runs on the pods of a fake RunPod: a real process on each, reached as through the vendor's proxy. */
export interface FakeRunPodMachines {
  boot(pod: FakePod): void;
  /** It is over: what runs there is killed. */
  end(pod: FakePod): void;
  /** A request to `/proxy/<pod>/<port>/…`. */
  answer(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void>;
  /** What runs on a pod; rejects where it could not be started. */
  find(id: string): Promise<SpawnedAgent>;
  close(): Promise<void>;
}

/** The vendor's proxy cuts a request that takes longer than its 100 s; nothing that agents answer takes so long. */
const ANSWER_MS = 30_000;

export function openFakeRunPodMachines(start: (pod: FakePod) => Promise<SpawnedAgent>): FakeRunPodMachines {
  const booted = new Map<string, Promise<SpawnedAgent>>();
  const ended = new Set<string>();

  async function kill(id: string): Promise<void> {
    ended.add(id);
    const agent = await booted.get(id)?.catch(() => null);
    await agent?.kill();
  }

  return {
    boot(pod) {
      const starting = start(pod);
      // Whoever asks for it hears of it.
      starting.catch(() => undefined);
      booted.set(pod.id, starting);
    },
    end: (pod) => void kill(pod.id),
    async answer({ url = "", method = "GET", headers }, response, body) {
      const [, id = "", path = ""] = /^\/proxy\/([^/]+)\/\d+(\/.*)$/.exec(url) ?? [];
      if (ended.has(id)) return sayNoPod(response);
      const agent = await booted.get(id)?.catch(() => null);
      if (!agent) return send(response, 502, problem(502, "nothing listens there"));
      try {
        const answer = await fetch(`${agent.address}${path}`, {
          method,
          headers: { authorization: headers.authorization ?? "", "content-type": "application/json" },
          ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
          signal: AbortSignal.timeout(ANSWER_MS),
        });
        const said = await answer.text();
        response
          .writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" })
          .end(said);
      } catch {
        // As a machine that was just killed.
        send(response, 502, problem(502, "it broke off"));
      }
    },
    async find(id) {
      const agent = booted.get(id);
      if (agent === undefined) throw new Error(`there is no pod ${id}`);
      return agent;
    },
    async close() {
      await Promise.all([...booted.keys()].map(kill));
    },
  };
}

/** A proxy's own page for a pod that it does not know any more. */
function sayNoPod(response: ServerResponse): void {
  response.writeHead(404, { "content-type": "text/html" }).end("<html><h1>404 Not Found</h1></html>");
}
