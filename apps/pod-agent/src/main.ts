import { openAgent } from "./agent.ts";
import { readConfig } from "./config.ts";
import { serveAgent } from "./server.ts";

try {
  const { settings, ...listen } = readConfig(process.env);
  const agent = await openAgent(settings);
  const server = await serveAgent(agent, listen);
  console.log(`pod-agent listens on ${listen.host}:${server.port} for ${Object.keys(settings.trainers).join(", ")}`);
  const stop = async () => {
    await agent.close();
    await server.close();
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
