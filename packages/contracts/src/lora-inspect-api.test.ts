import { expect, it } from "vitest";
import { LoraCompareRequest, LoraInspection, LoraValidateRequest } from "./lora-inspect-api.ts";
import { LoraLikeness, LoraReport, LoraValidation } from "./lora-report.ts";

it.each(Object.entries({ LoraCompareRequest, LoraInspection, LoraLikeness, LoraValidateRequest, LoraValidation }))(
  "%s has an example that it takes",
  (_, schema) => {
    const examples: unknown = schema.meta()?.examples;
    expect(examples).toHaveLength(1);
    for (const example of examples as unknown[]) expect(schema.safeParse(example).error?.issues ?? []).toEqual([]);
  },
);

it("is a report by what was asked", () => {
  const examples: unknown = LoraLikeness.meta()?.examples;
  expect(LoraReport.parse((examples as unknown[])[0])).toMatchObject({ kind: "compare" });
});
