import { describeConfig, parseConfig } from "@loramill/runtime";
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

it("takes the environment of agents for a secret, and never shows it, be it right or wrong", () => {
  const FLEET_AGENT_ENV = '{"HUB":"a-token-of-a-hub","BAD NAME":"a-token-of-a-hub"}';
  expect(describeConfig({ provisioner: provisionerConfig })).toContainEqual(
    expect.objectContaining({ variable: "FLEET_AGENT_ENV", secret: true }),
  );
  for (const wrong of [FLEET_AGENT_ENV, FLEET_AGENT_ENV.slice(0, -1), '{"HUB":["a-token-of-a-hub"]}']) {
    const parse = () => parseConfig({ provisioner: provisionerConfig }, { FLEET_AGENT_ENV: wrong });
    expect(parse).toThrow(/FLEET_AGENT_ENV/);
    expect(parse).not.toThrow(/a-token-of-a-hub/);
  }
});

it("fills volumes only where that was asked for", () => {
  expect([read({}).syncMs, read({ FLEET_SYNC_SECONDS: "300" }).syncMs]).toEqual([null, 300_000]);
});
