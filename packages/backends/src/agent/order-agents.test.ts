import type { AgentPod, Digest, JobId, Placement } from "@loramill/contracts";
import { expect, it } from "vitest";
import type { AgentClient } from "./agent-client.ts";
import type { KnownAgent } from "./find-agents.ts";
import { orderAgents } from "./order-agents.ts";

const JOB = `job_${"1".repeat(32)}` as JobId;
const OTHER = `job_${"2".repeat(32)}` as JobId;

const model = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const agent = (url: string, pod: AgentPod | null): KnownAgent => ({ client: { url } as AgentClient, pod });
const own = agent("http://own:1", null);

function pod(
  name: string,
  over: Partial<Omit<AgentPod, "offer">> & { offer?: Partial<AgentPod["offer"]> } = {},
): KnownAgent {
  const offer = {
    ...{ gpuType: "NVIDIA GeForce RTX 4090", region: "EU-RO-1", vramBytes: 24 * 1024 ** 3, available: 1 },
    ...{ pricePerHourMicroUsd: 340_000, interruptible: false },
    ...over.offer,
  };
  const common = { name, provider: "runpod", address: `http://${name}:8690`, takesWork: true };
  const noWork = { reservedFor: [], plannedFor: [], holds: [] };
  return agent(`http://${name}:8690`, { ...common, ...noWork, ...over, offer });
}

const asked = (agents: readonly KnownAgent[], placement?: Placement) => {
  const { offered, refusals } = orderAgents(agents, {
    job: JOB,
    placement,
    models: [{ sha256: model("a"), bytes: 6e9 }],
  });
  return { asked: offered.map(({ client }) => new URL(client.url).hostname), refusals };
};

it("asks the pod that was rented for the training first, then machines of one's own, then other pods", () => {
  const mine = pod("mine", { reservedFor: [OTHER, JOB] });
  expect(asked([pod("free"), own, mine]).asked).toEqual(["mine", "own", "free"]);
});

it("asks pods by the plan of now, and those first that have its base model already", () => {
  const pods = [
    pod("planned-for-others", { plannedFor: [OTHER], holds: [model("a")] }),
    pod("older", { holds: [model("b")] }),
    pod("holds", { holds: [model("b"), model("a")] }),
    pod("planned", { plannedFor: [JOB] }),
  ];
  expect(asked(pods).asked).toEqual(["planned", "holds", "older", "planned-for-others"]);
});

it("leaves pods to those for whom they were rented, and gives nothing new to one that is to end", () => {
  const answer = asked([pod("theirs", { reservedFor: [OTHER] }), pod("ending", { takesWork: false })]);
  expect(answer).toEqual({ asked: [], refusals: ["theirs is kept for others", "ending takes no more work"] });
});

it("keeps a training that asks for a rented machine to pods of its GPU, provider, region and price", () => {
  const placement: Placement = {
    ...{ mode: "cloud", provider: "runpod", gpu: "NVIDIA GeForce RTX 4090" },
    ...{ dataCentres: ["EU-RO-1"], maxMicroUsdPerHour: 400_000 },
  };
  const agents = [
    own,
    pod("right"),
    pod("elsewhere", { offer: { region: "US-TX-1" } }),
    pod("unknown", { offer: { region: "" } }),
    pod("bigger", { offer: { gpuType: "NVIDIA H200" } }),
    pod("dear", { offer: { pricePerHourMicroUsd: 400_001 } }),
    pod("foreign", { provider: "static" }),
  ];
  expect(asked(agents, placement)).toEqual({
    asked: ["right"],
    refusals: [
      "own:1 is not rented, and the training asks for a rented one",
      "elsewhere is in US-TX-1",
      "unknown is in no known region",
      "bigger has a NVIDIA H200",
      "dear costs more by the hour than it may",
      "foreign is rented from static",
    ],
  });
});

it("keeps a training that is to run on a machine of one's own off the pods", () => {
  expect(asked([pod("rented"), own], { mode: "local", device: "cuda", optimization: null }).asked).toEqual(["own"]);
});
