import { openAgent } from "./agent.ts";
import { readConfig } from "./config.ts";
import { isRetired } from "./retire.ts";
import { serveAgent } from "./server.ts";

try {
  const { settings, retirement, ...listen } = readConfig(process.env);
  const agent = await openAgent(settings);
  const server = await serveAgent(agent, listen);
  console.log(`pod-agent listens on ${listen.host}:${server.port} for ${Object.keys(settings.trainers).join(", ")}`);
  const stop = async () => {
    clearInterval(retiring);
    await agent.close();
    await server.close();
  };
  const retiring = setInterval(() => {
    if (!isRetired(agent.work(), retirement)) return;
    console.log("pod-agent has done its part and ends");
    void stop();
  }, settings.tickMs);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
