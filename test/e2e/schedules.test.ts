import { rmSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { createCli } from "../support/cli.ts";
import { openMill } from "../support/open-mill.ts";
import { eventually, finished } from "../support/runs.ts";

const mill = openMill();
const inbox = mill.at("inbox");
const loramill = createCli({ cwd: mill.at(), env: { DATA_DIR: mill.at("data") } });

beforeAll(async () => {
  await drawSamplePictures(inbox);
  rmSync(mill.at("inbox", "zorb-09.png"));
  const spec = {
    name: "toys",
    dataset: { sources: [{ type: "folder", path: inbox }], prepare: { resolution: 64 } },
    caption: { triggerWord: "zorb" },
  };
  writeFileSync(mill.at("spec.json"), JSON.stringify(spec));
});

/** Fires now, and answers the run of it when that has ended. */
async function nextNight() {
  const { id } = await mill.client.schedules.trigger("nightly");
  const look = async () => (await mill.client.schedules.fires("nightly")).items.find((fire) => fire.id === id);
  const fire = await eventually("the fire has a run", look, (seen) => seen?.run != null);
  return finished(mill.client, fire?.run?.id ?? "");
}

test("a second night over the same pictures costs nothing, and new pictures make a new dataset", async () => {
  const added = await loramill(
    "schedule",
    "add",
    "nightly",
    "spec.json",
    "--cron",
    "0 2 * * *",
    "--time-zone",
    "Asia/Tokyo",
  );
  expect([added.code, added.err]).toEqual([0, ""]);
  expect(added.out).toContain("0 2 * * * (Asia/Tokyo)");

  const first = await nextNight();
  expect(first).toMatchObject({ state: "succeeded", error: null });
  expect(first.name).toMatch(/^toys \d{4}-\d{2}-\d{2}$/);
  expect(new Set(first.steps.map(({ state }) => state))).toEqual(new Set(["succeeded"]));
  const second = await nextNight();
  expect(second.id).not.toBe(first.id);
  expect(new Set(second.steps.map(({ state }) => state))).toEqual(new Set(["reused"]));
  expect(second.spentMicroUsd).toBe(0);

  // The one that was taken away before comes back.
  await drawSamplePictures(inbox);
  const third = await nextNight();
  const dataset = (run: typeof first) => run.steps.find(({ kind }) => kind === "dataset");
  expect(dataset(third)?.state).toBe("succeeded");
  expect(dataset(third)?.output).not.toBe(dataset(first)?.output);
  expect(dataset(second)?.output).toBe(dataset(first)?.output);

  const fires = (await loramill("schedule", "fires", "nightly")).out;
  expect(fires.match(/trigger +started +run_\w+ succeeded/g)).toHaveLength(3);
  const changed = await loramill("schedule", "change", "nightly", "--every", "6h", "--overlap", "queue", "--json");
  expect(JSON.parse(changed.out)).toMatchObject({ timing: { type: "every", minutes: 360 }, overlap: "queue" });
  expect((await loramill("schedule", "pause", "nightly", "--reason", "enough")).out).toContain("enough (by operator");
  expect((await loramill("schedule", "list")).out).toMatch(/nightly +every 6 h +paused/);
  const stretch = ["--from", "2026-01-01", "--to", "2026-01-02", "--preview"];
  expect((await loramill("schedule", "backfill", "nightly", ...stretch)).out).toContain("4 fires would be made");
  const described = await (await fetch(`${mill.client.url}/openapi.json`)).text();
  expect(described).toContain('"/v1/schedules/{schedule}/backfill"');
  expect((await loramill("schedule", "remove", "nightly")).out).toContain("removed nightly");
});
