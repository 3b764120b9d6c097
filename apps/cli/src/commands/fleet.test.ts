import type { BillList, FleetPlanView, FleetView, JobId, OfferView, PodView, RunId } from "@loramill/contracts";
import { describe, expect, test } from "vitest";
import { fakeApi } from "../../test/support/fake-api.ts";
import { runCommand } from "../../test/support/run-command.ts";
import { exitCodeOf } from "../failures.ts";

const api = fakeApi();
const fleet = async (...args: string[]) => runCommand(["fleet", ...args], { env: api.env });

const RUN = `run_${"1".repeat(32)}` as RunId;
const JOB = `job_${"2".repeat(32)}` as JobId;
const offer: OfferView = {
  ...{ provider: "runpod", gpuType: "NVIDIA L4", region: "US-KS-2", cloud: "SECURE", vramBytes: 24_000_000_000 },
  ...{ pricePerHourMicroUsd: 390_000, interruptible: true, available: 4 },
};
const pod: PodView = {
  ...{ name: "lm-a", provider: "runpod", state: "ready", run: RUN, offer, reason: "a training waits" },
  ...{ billSeconds: 60, billMicroUsd: 6_500, billIsFinal: false, active: 1, slots: 2, trainers: ["ai-toolkit"] },
  ...{ wantedFor: [JOB], createdAt: "2026-11-21T10:00:00.000Z", rentedAt: null, answeredAt: null, busyAt: null },
  ...{ leaseUntil: null, endedAt: "2026-11-21T11:30:00.000Z" },
};
const view: FleetView = {
  ...{ stopped: null, dryRun: false, plannedAt: "2026-11-21T11:00:00.000Z", pricePerHourMicroUsd: 390_000 },
  machines: [pod],
};
const NO_FLEET = "no fleet is planned: set FLEET_PROVIDERS for the dispatcher and the provisioner (docs/fleet.md)\n";

describe("status", () => {
  const status = async (answer: FleetView, ...more: string[]) => {
    api.answers = { "GET /v1/fleet": answer };
    return (await fleet("status", ...more)).out;
  };

  test("says that there is no fleet, and that none of its machines is rented", async () => {
    expect(await status({ ...view, plannedAt: null, machines: [] })).toBe(NO_FLEET);
    expect(await status({ ...view, machines: [] })).toBe("no machine is rented; planned at 2026-11-21 11:00:00 UTC\n");
  });

  test("shows each machine with its run, and how to read its life", async () => {
    const lines = (await status(view)).split("\n");
    expect(lines[0]).toMatch(/^pod +state +machine +work +age +bill +run +why$/);
    expect(lines[2]?.split(/ {2,}/)).toEqual([
      ...["lm-a", "ready", "NVIDIA L4, US-KS-2, SECURE, spot", "1 of 2", "90 min 0 s", "$0.0065 so far", RUN],
      "a training waits",
    ]);
    expect(lines.at(-2)).toBe("$0.39 by the hour; `loramill logs POD` tells a machine's life");
  });

  test("says first that it is stopped, and that plans are not carried out", async () => {
    const out = await status({ ...view, stopped: { reason: "too\u001bdear", by: "operator" }, dryRun: true });
    expect(out.split("\n").slice(0, 3)).toEqual([
      "stopped: too dear (by operator); `loramill fleet start` lets it rent again",
      "",
      "dry run: nothing new is rented; what would be is in the plan",
    ]);
  });

  test("asks for machines that have ended, and answers programs with the API's words", async () => {
    expect(JSON.parse(await status(view, "--ended", "--json"))).toEqual(view);
    expect(api.asked).toEqual(["GET /v1/fleet?ended=true"]);
  });
});

describe("explain", () => {
  const explain = async (plan: FleetPlanView) => {
    api.answers = { "GET /v1/fleet/plan": plan };
    return (await fleet("explain")).out;
  };
  const plannedAt = "2026-11-21T11:00:00.000Z";
  const nothing = { pod: null, jobs: [], candidates: [], expected: null };

  test("says that there is no fleet, and that no work wants a machine", async () => {
    expect(await explain({ plannedAt: null, decisions: [] })).toBe(NO_FLEET);
    expect(await explain({ plannedAt, decisions: [] })).toBe(
      "planned at 2026-11-21 11:00:00 UTC: no work wants a machine\n",
    );
  });

  test("names the run of each job, how long it takes and about what it costs", async () => {
    const jobs = [{ job: JOB, run: RUN, name: "cats" }];
    const expected = { seconds: 4_000, microUsd: 443_217 };
    expect(
      await explain({
        plannedAt,
        decisions: [
          { ...nothing, kind: "create", jobs, candidates: [offer], expected, because: "it is the cheapest" },
          { ...nothing, kind: "wait", jobs, because: "no offer fits" },
          { ...nothing, kind: "end", pod: "lm-b", because: "nobody needs it" },
        ],
      }),
    ).toBe(`planned at 2026-11-21 11:00:00 UTC:

create  NVIDIA L4, US-KS-2, SECURE, spot · about 66 min 40 s, $0.443
        it is the cheapest
        for cats (${RUN})
wait    cats (${RUN})
        no offer fits
end     lm-b
        nobody needs it

\`loramill logs POD\` tells a machine's life
`);
  });
});

describe("offers", () => {
  const seen = { failureShare: 0.031, seenAt: "2026-11-21T11:00:00.000Z" };
  const items = [
    { ...offer, ...seen },
    { ...offer, ...seen, gpuType: "NVIDIA H100", interruptible: false, available: 0 },
  ];
  const offers = async (given: typeof items, ...more: string[]) => {
    api.answers = { "GET /v1/fleet/offers": { items: given } };
    return (await fleet("offers", ...more)).out;
  };

  test("says what asks for them when there are none", async () => {
    expect(await offers([])).toBe("nothing is offered: a provisioner with FLEET_PROVIDERS asks for it\n");
  });

  test("leaves out what is sold out unless all is asked for", async () => {
    const few = await offers(items);
    expect(few.split("\n")[2]?.split(/ {2,}/)).toEqual([
      ...["NVIDIA L4", "24.0 GB", "US-KS-2", "SECURE", "spot", "$0.39", "4", "3 %", "runpod"],
    ]);
    expect(few).toContain("1 sold out now: `loramill fleet offers --all`");
    expect(few).not.toContain("H100");
    expect(await offers(items, "--all")).toContain("NVIDIA H100");
    expect(await offers(items.slice(1))).toBe("1 sold out now: `loramill fleet offers --all`\n");
    expect(JSON.parse(await offers(items, "--json"))).toEqual(items.slice(0, 1));
  });
});

describe("bills", () => {
  const bill = {
    ...{ pod: "lm-a", provider: "runpod", remoteId: "r1", chargedMicroUsd: 390_000, meteredMicroUsd: 400_000 },
    ...{ billedMicroUsd: null, booksReadAt: null, isFinal: false },
  };
  const bills = async (list: Partial<BillList>, ...more: string[]) => {
    const empty = { items: [], chargedMicroUsd: 0, billedMicroUsd: 0, gapShare: null, isCut: false };
    api.answers = { "GET /v1/fleet/bills": { ...empty, ...list } };
    return (await fleet("bills", ...more)).out;
  };

  test("says that nothing was rented", async () => {
    expect(await bills({})).toBe("no machine was rented in this time\n");
  });

  test("puts ledger, meter and books side by side, and says where rows are cut", async () => {
    const told = { ...bill, billedMicroUsd: 410_000, booksReadAt: "2026-11-21T12:00:00.000Z", isFinal: true };
    const out = await bills({ items: [bill, told], chargedMicroUsd: 780_000, gapShare: -0.05, isCut: true });
    expect(out).toMatch(/lm-a +\$0\.39 +\$0\.40 so far +not told yet/);
    expect(out).toMatch(/lm-a +\$0\.39 +\$0\.40 +\$0\.41 +2026-11-21 12:00:00 +runpod/);
    expect(out).toContain("ledger $0.78, books $0.00; apart by -5.00 %");
    expect(out).toContain("the latest 2 machines, and the sums are theirs; choose a later --from");
  });

  test("as CSV are exact dollars; CSV and JSON at once are refused", async () => {
    expect(await bills({ items: [bill] }, "--csv")).toBe(
      "pod,provider,remote_id,charged_usd,metered_usd,billed_usd,books_read_at,final\r\n" +
        "lm-a,runpod,r1,0.390000,0.400000,,,false\r\n",
    );
    await expect(fleet("bills", "--csv", "--json")).rejects.toThrow("choose one");
  });
});

describe("audit", () => {
  const entry = {
    ...{ id: 7, at: "2026-11-21T11:00:00.000Z", actor: "operator", action: "machine.end", subject: "lm-a" },
    details: { reason: "stuck" },
  };

  test("of the fleet is what was done to machines; of everything, what was done at all", async () => {
    api.answers = { "GET /v1/fleet/audit": { items: [entry] }, "GET /v1/audit": { items: [] } };
    const { out } = await fleet("audit", "--subject", "lm-a", "--before", "9", "--limit", "1");
    expect(out).toMatch(/2026-11-21 11:00:00 +operator +machine\.end +lm-a +stuck\n\nolder: --before 7\n$/);
    expect((await runCommand(["audit"], { env: api.env })).out).toBe("nothing of the kind was done\n");
    expect(api.asked).toEqual(["GET /v1/fleet/audit?subject=lm-a&before=9&limit=1", "GET /v1/audit"]);
  });
});

describe("machines and switches", () => {
  test("a machine that is ended is told with the run that follows it; an unknown one is wrong usage", async () => {
    api.answers = { "POST /v1/fleet/machines/lm-a/end": { ...pod, state: "ending" } };
    expect((await fleet("end", "lm-a")).out).toBe(`lm-a is ending; \`loramill watch ${RUN}\` follows it\n`);
    const failure = await fleet("drain", "lm-z").catch((error: unknown) => error);
    expect(exitCodeOf(failure)).toBe(2);
  });

  test.each([
    ["stop", "POST /v1/fleet/stop"],
    ["start", "POST /v1/fleet/start"],
    ["dry-run on", "PATCH /v1/fleet"],
  ])("%s shows the fleet as it is then", async (words, call) => {
    api.answers = { [call]: { ...view, machines: [] } };
    expect((await fleet(...words.split(" "))).out).toBe("no machine is rented; planned at 2026-11-21 11:00:00 UTC\n");
  });

  test("dry-run is on or off", async () => {
    await expect(fleet("dry-run", "maybe")).rejects.toThrow("say on or off");
  });
});
