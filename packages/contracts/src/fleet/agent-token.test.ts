import { expect, test } from "vitest";
import { agentToken } from "./agent-token.ts";
import { podToken } from "./pod-token.ts";

const tokens = { secret: "what tokens are derived from", own: "of agents started by hand" };

test("the agent of a rented machine has a token of its own, and one on an own server what it was started with", () => {
  expect(agentToken(tokens, { name: "lm-a", provider: "runpod" })).toBe(podToken(tokens.secret, "lm-a"));
  expect(agentToken(tokens, { name: "lm-a", provider: "static" })).toBe(tokens.own);
  expect(agentToken(tokens, { name: "lm-b", provider: "static" })).toBe(tokens.own);
});

test("an own server cannot be asked without a token", () => {
  const ask = () => agentToken({ ...tokens, own: null }, { name: "lm-a", provider: "static" });
  expect(ask).toThrow("AGENT_TOKEN: set it");
});
