import type { Caption } from "@loramill/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claimed, settlementOf, someDigest, startedRun } from "../../test/fixtures.ts";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog;
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

const image = someDigest("picture");
const caption: Caption = { image, path: "a.png", text: "zorb, a ball", provider: "openai:llava", raw: "a ball" };

describe("captions that a picture had", () => {
  test("name the step and the document of a captioner's, and the version and the key of a person's", async () => {
    const { jobs, project, run } = await startedRun(catalog, 1);
    const [job] = jobs as [(typeof jobs)[number]];
    const records = [{ kind: "captions" as const, document: someDigest("part"), captions: [caption] }];
    await catalog.ledger.settle(settlementOf(await claimed(catalog, job), undefined, { records }));
    const author = await catalog.apiKeys.create({ project, name: "night shift", secret: "s", scopes: ["write"] });
    const version = { project, name: "toys", images: 1, statistics: {} };
    const edit = (text: string) => [{ image, path: "a.png", text }];
    const edited = { ...version, digest: someDigest("edited"), edits: edit("a red ball"), author };
    await catalog.library.addDataset(edited);
    // The same change, asked for again because its answer was lost.
    await catalog.library.addDataset(edited);
    await catalog.library.addDataset({ ...version, digest: someDigest("bare"), edits: edit(""), author: null });

    expect(await catalog.library.captions({ project, image })).toMatchObject([
      { text: "", provider: "edited", dataset: someDigest("bare"), author: null, authorName: null, step: null },
      { text: "a red ball", dataset: someDigest("edited"), author, authorName: "night shift", document: null, run: "" },
      { ...caption, run, job: job.job, step: "caption", document: someDigest("part"), dataset: null, authorName: null },
    ]);
  });

  test("may be more than fit into one statement", async () => {
    const { id: project } = await catalog.projects.ensure("bulk");
    const edits = Array.from({ length: 12_001 }, (_, at) => ({ image: someDigest(at), path: `${at}.png`, text: "x" }));
    const version = { project, name: "bulk", images: edits.length, statistics: {}, digest: someDigest("bulk") };
    await catalog.library.addDataset({ ...version, edits, author: null });
    expect(await catalog.library.captions({ project, image: someDigest(12_000) })).toHaveLength(1);
  });
});
