import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JobId, makeId, RunId } from "./ids.ts";
import { formatMicroUsd, MicroUsd, microUsdFromUsd } from "./money.ts";
import { blobKey, checkpointPrefix, checkpointsOfJob, documentKey, memoKey } from "./object-keys.ts";

describe("money", () => {
  it("is shown with two to six decimals, none of them lost", () => {
    expect([0, 1, 100, 1_500_000, 12_340_000, 2_000_000].map(formatMicroUsd)).toEqual([
      "$0.00",
      "$0.000001",
      "$0.0001",
      "$1.50",
      "$12.34",
      "$2.00",
    ]);
  });

  it("goes from dollars to micro-dollars and back without losing a cent", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000_000), (cents) => {
        const microUsd = MicroUsd.parse(microUsdFromUsd(cents / 100));
        expect(microUsd).toBe(cents * 10_000);
        expect(formatMicroUsd(microUsd)).toBe(`$${(cents / 100).toFixed(2)}`);
      }),
    );
  });
});

describe("ids", () => {
  it("are a prefix and 32 hex digits, and of no other kind", () => {
    const uuid = "0198F3A0-0000-7000-8000-00000000000A";
    const id = makeId("run", uuid);
    expect(id).toBe("run_0198f3a000007000800000000000000a");
    expect(RunId.parse(id)).toBe(id);
    expect(JobId.safeParse(id).success).toBe(false);
    expect(RunId.safeParse(`${id}0`).success).toBe(false);
  });
});

describe("object keys", () => {
  it("lie in folders by what they hold, checkpoints in the order of their steps", () => {
    expect([blobKey("ab"), documentKey("grid", "cd"), memoKey("caption", "ef")]).toEqual([
      "blobs/ab",
      "documents/grid/cd.json",
      "memos/caption/ef.json",
    ]);
    const prefixes = [20, 3, 100].map((step) => checkpointPrefix({ job: "job_1", epoch: 2, step }));
    expect([...prefixes].sort()).toEqual([prefixes[1], prefixes[0], prefixes[2]]);
    expect(prefixes.every((prefix) => prefix.startsWith(checkpointsOfJob("job_1")))).toBe(true);
  });
});
