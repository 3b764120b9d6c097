import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assumptions, planLargeMill, renderLargeMill } from "./large-mill.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/operations/cost.md"), "utf8");

test("the page has the table that follows from the numbers", () => {
  expect(page, `put this in:\n${renderLargeMill()}`).toContain(renderLargeMill());
});

test("what the page says beside the table follows from it too", () => {
  const plan = planLargeMill();
  const { gpuUsdPerHour, trainingSeconds, gpuWork, turnsPerSecond, machines, fleetMachines } = plan;
  const priceOf = (what: string, pieces: number) => {
    const hours = gpuWork.find((work) => work.what === what)?.gpuHours ?? Number.NaN;
    return ((hours / assumptions.shareAtWork) * gpuUsdPerHour) / pieces;
  };
  expect(page).toContain(`$${priceOf("train 10,000 LoRAs", 10_000).toFixed(2)} for a LoRA`);
  expect(page).toContain(`$${priceOf("draw 1M images", 1_000_000).toFixed(4)} for an image`);
  expect(page).toContain(`${Math.round(trainingSeconds / 10) * 10}`.replace(/(\d)(\d{3})$/, "$1,$2"));
  expect(page).toContain(`${Math.round(turnsPerSecond)} turns a second`);
  expect(page).toContain(`$${gpuUsdPerHour} an hour`);
  expect(page).toContain(`${Math.round(plan.fleetTurnsPerSecond)} turns a second more`);
  expect(page).toContain(`\`FLEET_MAX_PODS\` above ${fleetMachines}`);
  expect(page).toContain(`${machines} machines are $${Math.round(plan.machinesUsdPerHour)} an hour`);
  expect(plan.machinesUsdPerHour).toBeGreaterThan(plan.accountUsdPerHour);
  expect(page).toContain(`$${plan.accountUsdPerHour} an hour that accounts`);
});
