import { join } from "node:path";
import { openAgent } from "../src/agent.ts";
import { serveAgent } from "../src/server.ts";

/**
 * An agent as a process of its own that can be killed, quicker than one that waits for real trainers:
 * `node run-agent.ts TOKEN WORKSPACE FOLDER PYTHON SLOTS` with sd-scripts in FOLDER. Prints its address.
 */
const [token = "", workspace = "", folder = "", python = "", slots = "1"] = process.argv.slice(2);
const agent = await openAgent({
  workspace,
  trainers: { "sd-scripts": { folder, python } },
  maxJobs: Number(slots),
  cacheFolder: join(workspace, "cache"),
  cacheBytes: 1e9,
  partBytes: 32_768,
  tickMs: 20,
  quietMs: 30,
  stallMs: 60_000,
  killMs: 1_000,
  onLeaseLost: null,
  environment: { PATH: process.env.PATH ?? "" },
});
const server = await serveAgent(agent, { token, host: "127.0.0.1", port: 0 });
console.log(`http://127.0.0.1:${server.port}`);
process.once("SIGTERM", async () => {
  await agent.close();
  await server.close();
});
