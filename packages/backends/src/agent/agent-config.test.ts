import { describe, expect, it } from "vitest";
import { z } from "zod";
import { agentOptions, agentShape } from "./agent-config.ts";

const trainers = (env: Record<string, string>) => agentOptions(z.object(agentShape).parse(env))?.trainers;
const rents = { FLEET_PROVIDERS: "runpod", FLEET_AGENT_SECRET: "a secret of many letters" };

describe("the trainers that may be chosen", () => {
  it("are those that an image of rented machines has, where there are no other machines", () => {
    expect(trainers({ ...rents, FLEET_IMAGES: "sd-scripts=sd:1" })).toEqual(["sd-scripts"]);
    expect(trainers({ ...rents, FLEET_IMAGE: "all:1" })).toEqual(["ai-toolkit", "sd-scripts", "simpletuner"]);
    expect(() => trainers({ ...rents, FLEET_IMAGES: "sd-scripts=sd:1", AGENT_TRAINERS: "ai-toolkit" })).toThrow(
      "FLEET_IMAGES: it has no image for any of AGENT_TRAINERS (ai-toolkit)",
    );
  });

  it("are all that are allowed, where other machines may have them", () => {
    const own = { ...rents, FLEET_IMAGES: "sd-scripts=sd:1", AGENT_URLS: "http://127.0.0.1:8690" };
    expect(trainers(own)).toEqual(["ai-toolkit", "sd-scripts", "simpletuner"]);
  });
});
