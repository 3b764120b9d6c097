import { RunNameTemplate, RunSpec } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { type RunTemplate, runOfFire } from "./run-of-fire.ts";

const template: RunTemplate = {
  name: "nightly",
  project: "toys",
  run: RunSpec.parse({ name: "dog", generate: { prompts: ["a dog"] } }),
  runName: "{name} {date}",
  timing: { type: "cron", expression: "30 0 * * *", timeZone: "Europe/Berlin" },
  deadlineMinutes: null,
};
const at = new Date("2026-11-20T23:30:00Z");

describe("the run of a fire", () => {
  it("is the template's, of the schedule's project, named after the day in the schedule's time zone", () => {
    const spec = runOfFire(template, at);
    expect(spec).toEqual({ ...template.run, project: "toys", name: "dog 2026-11-21" });
    expect(RunSpec.parse(spec)).toEqual(spec);
  });

  it("may be named after the schedule and the time", () => {
    expect(runOfFire({ ...template, runName: "{schedule} {date}-{time}" }, at).name).toBe("nightly 2026-11-21-0030");
    const hourly = {
      ...template,
      runName: "{time}",
      timing: { type: "every", minutes: 60, offsetMinutes: 0 },
    } as const;
    expect(runOfFire(hourly, at).name).toBe("2330");
  });

  it("has a name that a run may have, however long the words are", () => {
    const long = { ...template, run: { ...template.run, name: "x".repeat(99) }, runName: "{name} {name} {date}" };
    expect(RunSpec.parse(runOfFire(long, at)).name).toHaveLength(99);
  });

  it("has its deadline so long after the fire, not after now", () => {
    expect(runOfFire({ ...template, deadlineMinutes: 90 }, at).deadline).toBe("2026-11-21T01:00:00.000Z");
  });

  it("is named by a template of known words only", () => {
    for (const text of ["{name}-{date}", "x {time}", "{schedule}"])
      expect(RunNameTemplate.safeParse(text).success).toBe(true);
    for (const text of ["{weekday}", "-{name}", "", "{name", "a/b"])
      expect(RunNameTemplate.safeParse(text).success).toBe(false);
  });
});
