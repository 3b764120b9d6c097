import { type FleetOffer, type JobId, QueueList, queueNames } from "@loramill/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ofProject, type ServedRoutes, serveRoutes } from "../../test/serve-routes.ts";
import { queueRoutes } from "./queues.ts";

const offer: FleetOffer = {
  ...{ provider: "runpod", gpuType: "NVIDIA L4", region: "US-KS-2", vramBytes: 24 * 1024 ** 3 },
  ...{ pricePerHourMicroUsd: 390_000, interruptible: true, available: 4, cloud: "SECURE" },
};

let routes: ServedRoutes;
beforeAll(async () => {
  routes = await serveRoutes(queueRoutes);
});
afterAll(() => routes.close());

const ask = (headers: Record<string, string> = {}) =>
  routes.server.inject({ method: "GET", url: "/v1/queues", headers });

test("tells of every queue, also of those before which nothing waits", async () => {
  const quiet = QueueList.parse((await ask()).json());
  expect(quiet.items.map(({ queue }) => queue)).toEqual([...queueNames]);
  expect(quiet.items.every(({ waiting, released, active, parked }) => waiting + released + active + parked === 0)).toBe(
    true,
  );
  await routes.catalog.fleet.openPod({
    ...{ name: "lm-a", provider: "runpod", candidates: [offer], reason: "two trainings wait" },
    wantedFor: ["job_00000000000000000000000000000001" as JobId],
  });
  await routes.catalog.pool.query(
    `insert into loramill.jobs (id, run, step, project, name, queue, ordinal, input, state, not_before)
     select 'job_00000000000000000000000000000002', s.run, s.id, r.project, 'tend-machine', 'provision', 0, '{}', 'parked', now()
     from loramill.steps s join loramill.runs r on r.id = s.run`,
  );
  const { items } = QueueList.parse((await ask()).json());
  expect(items.find(({ queue }) => queue === "provision")).toMatchObject({ parked: 1, due: 1, active: 0 });
});

test("is for operators: queues hold the jobs of all projects", async () => {
  const answer = await ask(ofProject);
  expect([answer.statusCode, answer.json().code]).toEqual([403, "forbidden"]);
});
