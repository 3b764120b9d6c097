import { expect, test } from "vitest";
import { openNamedAgents } from "./named-agents.ts";

const options = { dnsName: { host: "gpu-agents", port: 8690 }, token: "a token of the tests" };
const failing = (code: string) => async () => {
  throw Object.assign(new Error(code), { code });
};
const urls = async (resolve: () => Promise<string[]>, given?: string) =>
  (await openNamedAgents(options, { resolve })?.(given))?.map(({ url }) => url);

test("every address behind the name is an agent, in an order that stays", async () => {
  const two = ["http://10.0.0.2:8690", "http://10.0.0.9:8690"];
  expect(await urls(async () => ["10.0.0.9", "10.0.0.2"])).toEqual(two);
  expect(await urls(async () => ["10.0.0.2", "10.0.0.9"])).toEqual(two);
});

test("a name without addresses has no agents; a DNS that does not answer is no such name", async () => {
  for (const code of ["ENOTFOUND", "ENODATA"]) expect(await urls(failing(code))).toEqual([]);
  await expect(urls(failing("ESERVFAIL"))).rejects.toMatchObject({ code: "agents-unknown" });
});

test("the agent that a training was given to is still asked when it is not listed, and no other address is", async () => {
  const given = "http://10.0.0.2:8690";
  expect(await urls(async () => [], given)).toEqual([given]);
  expect(await urls(async () => ["10.0.0.2"], given)).toEqual([given]);
  for (const other of ["https://agent.example", "http://127.0.0.1:9999"]) {
    expect(await urls(async () => [], other)).toEqual([]);
  }
});

test("without a name there are none", () => {
  expect(openNamedAgents({ token: options.token })).toBeNull();
});
