import { openAgent } from "./agent.ts";
import { readConfig } from "./config.ts";
import { holdMachine } from "./hold-machine.ts";
import { isRetired } from "./retire.ts";
import { serveAgent } from "./server.ts";

try {
  const { settings, retirement, machineLease, ...listen } = readConfig(process.env);
  const { tickMs } = settings;
  const say = (line: string) => console.log(line);
  const agent = await openAgent(settings);
  const onGone = async () => {
    clearInterval(retiring);
    await server.close();
  };
  const lease = machineLease === null ? null : holdMachine(machineLease, { agent, tickMs, fetch, say, onGone });
  const server = await serveAgent(agent, { ...listen, heard: () => lease?.heard() });
  say(`pod-agent listens on ${listen.host}:${server.port} for ${Object.keys(settings.trainers).join(", ")}`);
  const stop = async () => {
    lease?.stop();
    clearInterval(retiring);
    await agent.close();
    await server.close();
  };
  const retiring = setInterval(() => {
    if (!isRetired(agent.work(), retirement)) return;
    say("pod-agent has done its part and ends");
    void stop();
  }, tickMs);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      say(`${signal}: trainings stop, and what they saved is uploaded`);
      void stop();
    });
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
