import type { CatalogRecord, JobId, RunId } from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claimed, deliveriesOf, releaseAll, settlementOf, someDigest } from "../../test/fixtures.ts";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog & { readonly url: string };
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

const planned = trialRun([
  { name: "source", kind: "source", job: "index-source" },
  { name: "caption", needs: ["source"] },
]);

/** Brings the caption step to its end, with what it publishes; answers its claim. */
async function caption(run: RunId, output: string) {
  const step = (await catalog.runs.get({ run }))?.steps.find(({ name }) => name === "caption");
  if (step === undefined) throw new Error("no step");
  const at = { run, step: step.id };
  const input = { part: someDigest("part") };
  const job = { ordinal: 0, name: "caption-images", queue: "caption", input, estimateMicroUsd: 0 } as const;
  await catalog.dispatch.moveRun(run, "start", null);
  await catalog.dispatch.unblockStep(at);
  await catalog.dispatch.startStep(at, { key: someDigest("key"), inputs: {}, reason: "new", jobs: [job] });
  await releaseAll(catalog);
  const [delivery] = await deliveriesOf(catalog, run);
  if (delivery === undefined) throw new Error("no delivery");
  const claim = await claimed(catalog, delivery);
  const said = { image: someDigest("image"), path: "a.png", text: output, provider: "describe/1", raw: output };
  const records: CatalogRecord[] = [
    { kind: "captions", document: someDigest(output), captions: [said] },
    { kind: "checkpoint", step: 1, imagesSeen: 1, paidSeconds: 1, loss: null, objectPrefix: `checkpoints/${output}` },
  ];
  await catalog.ledger.settle(settlementOf(claim, undefined, { records }));
  await catalog.dispatch.succeedStep(at, { output: someDigest(output), items: 1, summary: {}, keep: true });
  return claim;
}

const count = async (table: "captions" | "checkpoints", run: RunId) =>
  (await catalog.pool.query(`select 1 from loramill.${table} where run = $1`, [run])).rowCount;

describe("a replay", () => {
  test("names the run that it replays, keeps what is not done again, and leaves results and library alone", async () => {
    const project = (await catalog.projects.ensure("replays")).id;
    const first = await catalog.runs.create({ project, ...planned });
    await catalog.pool.query(
      "update loramill.steps set state = 'succeeded', output = $2, items = 7, key = $3 where run = $1 and name = 'source'",
      [first, someDigest("pictures"), someDigest("source key")],
    );
    expect(await caption(first, "first")).toMatchObject({ isReplay: false });

    const replay = await catalog.runs.create({ project, ...planned, replay: { of: first, kept: ["source"] } });
    expect(await catalog.runs.get({ run: replay, project })).toMatchObject({
      replayOf: first,
      steps: [
        { name: "source", state: "reused", output: someDigest("pictures"), items: 7, reusedFrom: { run: first } },
        { name: "caption", state: "blocked" },
      ],
    });
    expect((await catalog.runs.list({ project })).items.map(({ replayOf }) => replayOf)).toEqual([first, undefined]);
    expect(await caption(replay, "second")).toMatchObject({ isReplay: true });
    expect(await catalog.runs.get({ run: replay })).toMatchObject({ steps: [{}, { output: someDigest("second") }] });
    expect(await catalog.artifacts.find(someDigest("key"), project), "another result is no overwrite").toMatchObject({
      output: someDigest("first"),
    });
    expect([await count("captions", first), await count("captions", replay)]).toEqual([1, 0]);
    expect([await count("checkpoints", first), await count("checkpoints", replay)]).toEqual([1, 1]);
    const events = await catalog.events.list({ run: replay });
    expect(events[0]).toMatchObject({ type: "run.created", data: { replayOf: first } });
  });

  test("has no output of a step that the run never had", async () => {
    const project = (await catalog.projects.ensure("early")).id;
    const first = await catalog.runs.create({ project, ...planned });
    const replay = await catalog.runs.create({ project, ...planned, replay: { of: first, kept: ["source"] } });
    expect((await catalog.runs.get({ run: replay }))?.steps[0]).toMatchObject({ state: "blocked", output: null });
    expect(await catalog.jobs.list({ run: replay })).toMatchObject({ items: [] satisfies JobId[] });
  });
});
