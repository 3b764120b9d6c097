import type { CeilingView, CostReport, CostView, RunId } from "@loramill/contracts";
import { describe, expect, test } from "vitest";
import { fakeApi } from "../../test/support/fake-api.ts";
import { runCommand } from "../../test/support/run-command.ts";

const api = fakeApi();
const say = async (...args: string[]) => runCommand(args, { env: api.env });
const RUN = `run_${"1".repeat(32)}` as RunId;

const view: CostView = {
  ...{ run: RUN, totalMicroUsd: 500_000, machineShareMicroUsd: 0, budgetMicroUsd: null, quote: null, outcome: null },
  steps: [{ step: "train", amountMicroUsd: 500_000, attempts: 2, computeSeconds: 3_600 }],
  ...{ entryCount: 1, entries: [] },
};

describe("of a run", () => {
  const cost = async (more: Partial<CostView>, ...args: string[]) => {
    api.answers = { [`GET /v1/runs/${RUN}/costs`]: { ...view, ...more } };
    return (await say("cost", RUN, ...args)).out;
  };

  test("is told by step, with how many entries the ledger has", async () => {
    const out = await cost({});
    expect(out).toMatch(/train +\$0\.50 +2 +60 min 0 s/);
    expect(out).toContain("\ntotal $0.50 in 1 ledger entry\n");
    expect(await cost({ entryCount: 4_711 })).toContain("\ntotal $0.50 in 4711 ledger entries\n");
  });

  test("has its share of what machines cost beside their jobs, which `--by run` counts too", async () => {
    expect(await cost({ machineShareMicroUsd: 20_000 })).toContain(
      "\nits own charges $0.50 in 1 ledger entry\nits share of machines' boot and idle time $0.02\ntotal $0.52\n",
    );
  });

  test("is CSV and JSON for programs, and takes no filter", async () => {
    expect(await cost({}, "--csv")).toBe("step,amount_usd,attempts,compute_seconds\r\ntrain,0.500000,2,3600\r\n");
    expect(JSON.parse(await cost({}, "--json"))).toEqual(view);
    await expect(cost({}, "--by", "day")).rejects.toThrow("--by is for the costs of all runs");
  });
});

describe("of everything", () => {
  const report: CostReport = {
    ...{ by: "run", from: null, to: null, totalMicroUsd: 520_000, rest: { rows: 0, amountMicroUsd: 0 } },
    rows: [
      {
        ...{ key: RUN, label: "cats", project: "default", amountMicroUsd: 520_000, overheadMicroUsd: 20_000 },
        ...{ computeSeconds: 3_600, entries: 3 },
      },
    ],
  };
  const costs = async (more: Partial<CostReport>, ...args: string[]) => {
    api.answers = { "GET /v1/costs": { ...report, ...more } };
    return say("cost", ...args);
  };

  test("says that nothing was charged", async () => {
    expect((await costs({ rows: [], totalMicroUsd: 0 })).out).toBe("nothing was charged in this time\n");
  });

  test("is a table with what its limit left out, and the total", async () => {
    const { out } = await costs({ rest: { rows: 7, amountMicroUsd: 10_000 } });
    expect(out).toContain(`cats (${RUN})  $0.52  $0.02          60 min 0 s\n7 more: $0.01\n\ntotal $0.52\n`);
    expect(api.asked).toEqual(["GET /v1/costs?by=run&limit=50"]);
  });

  test("as CSV asks for all that there may be, and warns where there is more", async () => {
    const { out, err } = await costs({ rest: { rows: 7, amountMicroUsd: 10_000 } }, "--csv");
    expect(out).toContain(`${RUN},cats,default,0.520000,0.020000,3600,3\r\n,7 more,,0.010000,,,\r\n`);
    expect(err).toContain("7 more rows of $0.01: raise --limit");
    expect(api.asked).toEqual(["GET /v1/costs?by=run&limit=10000"]);
  });

  test("knows by what it is added up", async () => {
    await expect(costs({}, "--by", "colour")).rejects.toThrow("choose one of run, artifact");
  });
});

describe("ceilings", () => {
  const ceiling: CeilingView = {
    ...{ scope: { kind: "project", project: "cats" }, period: "day", limitMicroUsd: 25_000_000 },
    ...{ spentMicroUsd: 1_000_000, reservedMicroUsd: 500_000 },
    ...{ since: "2026-11-20T10:00:00.000Z", reopensAt: "2026-11-22T00:00:00.000Z" },
  };

  test("say how to set one where there is none", async () => {
    api.answers = { "GET /v1/ceilings": { items: [] } };
    expect((await say("ceiling", "list")).out).toBe("no ceilings; set one with `loramill ceiling set day 25`\n");
  });

  test("are shown with what is spent and set aside, for people and for programs", async () => {
    api.answers = { "GET /v1/ceilings": { items: [ceiling] } };
    expect((await say("ceiling", "list")).out.split("\n")[2]?.split(/ {2,}/)).toEqual([
      ...["project cats", "day", "$25.00", "$1.00", "$0.50", "2026-11-22 00:00:00", "2026-11-20 10:00:00"],
    ]);
    expect(JSON.parse((await say("ceiling", "list", "--json")).out)).toEqual([ceiling]);
  });

  test("are of periods that there are", async () => {
    await expect(say("ceiling", "set", "week", "3")).rejects.toThrow("week: choose one of");
  });
});
