import { join } from "node:path";
import { openAgent } from "../src/agent.ts";
import { readConfig } from "../src/config.ts";
import { holdMachine } from "../src/hold-machine.ts";
import { serveAgent } from "../src/server.ts";

/**
 * An agent as a process of its own that can be killed, quicker than one that waits for real trainers:
 * `node run-agent.ts TOKEN WORKSPACE FOLDER PYTHON SLOTS` with sd-scripts in FOLDER. Prints its address. With
 * `AGENT_MACHINE_LEASE_SECONDS` in its environment it gives its machine back, as a rented one does.
 */
const [token = "", workspace = "", folder = "", python = "", slots = "1"] = process.argv.slice(2);
const TICK_MS = 20;
const { machineLease } = readConfig({ ...process.env, AGENT_TOKEN: token, AGENT_WORKSPACE: workspace });
const say = (line: string) => console.error(line);
const agent = await openAgent({
  workspace,
  trainers: { "sd-scripts": { folder, python } },
  maxJobs: Number(slots),
  cacheFolder: join(workspace, "cache"),
  cacheBytes: 1e9,
  partBytes: 32_768,
  tickMs: TICK_MS,
  quietMs: 30,
  stallMs: 60_000,
  killMs: 1_000,
  onLeaseLost: null,
  environment: { PATH: process.env.PATH ?? "" },
});
const onGone = () => server.close();
const lease = machineLease === null ? null : holdMachine(machineLease, { agent, tickMs: TICK_MS, fetch, say, onGone });
const server = await serveAgent(agent, { token, host: "127.0.0.1", port: 0, heard: () => lease?.heard() });
console.log(`http://127.0.0.1:${server.port}`);
process.once("SIGTERM", async () => {
  lease?.stop();
  await agent.close();
  await server.close();
});
