import { expect, it } from "vitest";
import { provisionerConfig } from "./config.ts";

const read = (env: Record<string, string>) => provisionerConfig.options(provisionerConfig.env.parse(env));
const FLEET_VOLUMES = '[{"id":"vol1","region":"EU-RO-1","path":"/workspace"}]';

it.each(["/workspace", "/workspace/agent", "/workspace/x/../y"])(
  "refuses a workspace on a volume that machines share: %s",
  (path) => {
    const FLEET_AGENT_ENV = JSON.stringify({ AGENT_WORKSPACE: path });
    expect(() => read({ FLEET_VOLUMES, FLEET_AGENT_ENV })).toThrow("AGENT_WORKSPACE on the volume vol1");
    expect(read({ FLEET_AGENT_ENV }).agentEnv).toEqual({ AGENT_WORKSPACE: path });
  },
);

it.each(["/root/agent", "/workspaces", "/workspace/../agent"])("takes a workspace beside it: %s", (path) => {
  const FLEET_AGENT_ENV = JSON.stringify({ AGENT_WORKSPACE: path });
  expect(read({ FLEET_VOLUMES, FLEET_AGENT_ENV }).agentEnv).toEqual({ AGENT_WORKSPACE: path });
});

it("fills volumes only where that was asked for", () => {
  expect([read({}).syncMs, read({ FLEET_SYNC_SECONDS: "300" }).syncMs]).toEqual([null, 300_000]);
});
