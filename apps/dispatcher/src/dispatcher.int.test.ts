import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBench, trialPart } from "../test/bench.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

describe("a run from submit to success", () => {
  test("goes through its steps, fans out over parts, and composes outputs in job order", async () => {
    await using bench = await openBench(server);
    const run = await bench.submit([
      { name: "source", kind: "source", job: "index-source" },
      {
        name: "prepare",
        kind: "prepare",
        job: "prepare-images",
        needs: ["source"],
        fanOut: { type: "parts", of: "source" },
      },
      { name: "generate", kind: "generate", job: "generate-images", needs: ["prepare"] },
    ]);
    const parts = [trialPart(1), trialPart(2), trialPart(3)];
    const listing = await bench.documents.put("parts", { parts });
    bench.work(async ({ name, input }) => {
      if (name === "index-source") return { digest: listing, shape: "parts", items: 150, summary: { found: 150 } };
      if (name === "prepare-images") {
        const { part } = input as { part: string };
        return { digest: trialPart(`prepared ${part}`), shape: "part", items: 50, summary: { kept: 50, bytes: { png: 2 } } };
      }
      return { digest: trialPart("picture"), shape: "part", items: 1, summary: {} };
    });
    const view = await bench.ended(run);
    expect(view.state).toBe("succeeded");
    const [source, prepare, generate] = view.steps;
    expect(source).toMatchObject({ state: "succeeded", output: listing, items: 150 });
    expect(prepare).toMatchObject({
      state: "succeeded",
      items: 150,
      summary: { kept: 150, bytes: { png: 6 } },
      jobs: { total: 3, succeeded: 3, open: 0, waiting: 0 },
    });
    expect(await bench.documents.get("parts", prepare?.output ?? "")).toEqual({
      parts: parts.map((part) => trialPart(`prepared ${part}`)),
    });
    expect(generate?.state).toBe("succeeded");
    const types = (await bench.catalog.events.list({ run })).map((event) => event.type);
    expect(types[0]).toBe("run.created");
    expect(types.at(-1)).toBe("run.succeeded");
    expect(types.filter((type) => type === "step.succeeded")).toHaveLength(3);
  });
});
