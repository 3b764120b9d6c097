import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const Usd = z.number().min(0);

export const RunPodProcessOptions = z.object({
  apiKey: z.string(),
  /** Disks of the pods. */
  folder: z.string(),
  /**
   * Program of the agents: `AGENT TOKEN WORKSPACE FOLDER PYTHON SLOTS`, which prints its address. Its environment has what its pod's
   * has, and what the vendor adds for a pod to delete itself.
   */
  agent: z.string(),
  trainer: z.object({ folder: z.string(), python: z.string() }),
  slots: z.int().min(1).default(1),
  bootMs: z.int().min(0).default(500),
  bucketMs: z.int().min(1_000).default(10_000),
  /** From the notice to the end of a machine that is taken back: the vendor's five seconds. */
  graceMs: z.int().min(0).default(5_000),
  troubles: z.object({ seed: z.int(), share: z.number().min(0).max(1) }).optional(),
  gpus: z.array(
    z.object({
      id: z.string(),
      memory: z.number(),
      usd: z.object({ secure: Usd, community: Usd, spot: Usd }),
      dataCenters: z.array(z.object({ id: z.string(), availability: z.enum(["NONE", "LOW", "MEDIUM", "HIGH"]) })),
    }),
  ),
});

/**
 * `preempt`: SIGTERM, SIGKILL when the grace is over, and a stopped pod. `kill`: what runs on it is gone, and the vendor does not notice. `vanish`: the pod is gone.
 * `starve`: what runs on it stands still for so many seconds.
 */
export const RunPodProcessMove = z.object({
  pod: z.string(),
  how: z.enum(["preempt", "kill", "vanish", "starve"]),
  seconds: z.number().min(0).max(60).default(0),
});
export type RunPodProcessMove = z.output<typeof RunPodProcessMove>;

const Account = z.object({
  pods: z.array(
    z.object({
      ...{ id: z.string(), name: z.string(), billMicroUsd: z.int(), usdPerHour: z.number() },
      /**
       * From the rent to the end of its bill, which is null while it lasts; between them its agent was up, or never was. Milliseconds
       * since 1970.
       */
      ...{ from: z.int(), upAt: z.int().nullable(), to: z.int().nullable() },
      ...{ isListed: z.boolean(), isSpot: z.boolean(), isStopped: z.boolean() },
    }),
  ),
  /** Requests that the vendor's document has something against. */
  refused: z.array(z.string()),
  /** Requests that came to grief, by what befell them. */
  troubles: z.record(z.string(), z.int()),
  /** Machines that were taken back and had not ended within their grace. */
  overGrace: z.int(),
});
export type RunPodAccount = z.output<typeof Account>;

export interface RunPodProcess {
  /** What points a provisioner at it. */
  readonly env: Readonly<Record<string, string>>;
  account(): Promise<RunPodAccount>;
  move(move: z.input<typeof RunPodProcessMove>): Promise<void>;
  /** Ends all pods with it; safe to call twice. */
  stop(): Promise<void>;
}

const Address = z.object({ url: z.string(), graphqlUrl: z.string(), controlUrl: z.string() });

/** Starts a fake RunPod as a process of its own, whose pods are real pod-agents. */
export async function startRunPodProcess(options: z.input<typeof RunPodProcessOptions>): Promise<RunPodProcess> {
  const program = fileURLToPath(new URL("./run-fake-runpod.ts", import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const line = await new Promise<string>((done, fail) => {
    createInterface({ input: child.stdout }).once("line", done);
    child.once("exit", (code) => fail(new Error(`the fake RunPod ended with ${code}`)));
  });
  const { url, graphqlUrl, controlUrl } = Address.parse(JSON.parse(line));
  async function ask(body?: object): Promise<RunPodAccount> {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(controlUrl, init);
    if (!answer.ok) throw new Error(await answer.text());
    return Account.parse(await answer.json());
  }
  return {
    env: {
      ...{ RUNPOD_API_KEY: options.apiKey, RUNPOD_API_URL: url, RUNPOD_GRAPHQL_URL: graphqlUrl },
      RUNPOD_PROXY_URL: `${new URL(url).origin}/proxy/{pod}/{port}`,
    },
    account: () => ask(),
    async move(move) {
      await ask(move);
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
