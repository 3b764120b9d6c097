import { UserError } from "@loramill/contracts";
import { openAgent } from "./agent.ts";
import { readConfig, readMachineLease } from "./config.ts";
import { holdMachine } from "./hold-machine.ts";
import { isRetired } from "./retire.ts";
import { type AgentServer, serveAgent, serveTrouble } from "./server.ts";

const TICK_MS = 1_000;
const say = (line: string) => console.log(line);

async function run(): Promise<void> {
  const { settings, retirement, machineLease, ...listen } = readConfig(process.env);
  const agent = await openAgent(settings);
  const stop = async () => {
    lease?.stop();
    clearInterval(retiring);
    await agent.close();
    await server?.close();
  };
  const lease =
    machineLease === null
      ? null
      : // What has not ended by now ends with the machine.
        holdMachine(machineLease, { agent, tickMs: TICK_MS, fetch, say, onGone: async () => process.exit(0) });
  const retiring = setInterval(() => {
    if (!isRetired(agent.work(), retirement)) return;
    say("pod-agent has done its part and ends");
    void stop();
  }, settings.tickMs);
  let server: AgentServer | null = null;
  try {
    server = await serveAgent(agent, { ...listen, heard: () => lease?.heard() });
  } catch (error) {
    await stop();
    throw error;
  }
  say(`pod-agent listens on ${listen.host}:${server.port} for ${Object.keys(settings.trainers).join(", ")}`);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      say(`${signal}: trainings stop, and what they saved is uploaded`);
      void stop();
    });
  }
}

/**
 * A rented machine whose agent cannot start costs as much as any other, and its vendor would start this program again and again. So
 * it is held for its lease, which nobody renews here, and given back. Meanwhile it says why to who asks.
 */
async function holdUnopened(why: string): Promise<void> {
  const machineLease = readMachineLease(process.env);
  if (machineLease === null) return;
  console.error(`this machine gives itself back in ${machineLease.ms / 1_000} seconds, unless this is ended before`);
  const onGone = async () => process.exit(1);
  holdMachine(machineLease, { agent: null, tickMs: TICK_MS, fetch, say, onGone });
  try {
    await serveTrouble(why, readConfig(process.env));
  } catch {
    // Nobody can be told, and the machine is held all the same.
  }
}

try {
  await run();
} catch (error) {
  const why = error instanceof Error ? error.message : String(error);
  console.error(why);
  process.exitCode = 1;
  // The other agent of this workspace lives, works, and holds the machine itself.
  const isHeld = error instanceof UserError && error.code === "workspace-taken";
  if (!isHeld) await holdUnopened(why);
}
