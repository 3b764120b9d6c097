import { type LoraFamily, UserError } from "@loramill/contracts";
import type { CommandContext } from "../context.ts";
import { tellVerdict } from "./tell-verdict.ts";
import { withToolRun } from "./tool-run.ts";

interface Options {
  readonly family?: LoraFamily;
  readonly strength?: number;
  readonly model?: string;
  readonly beside?: string;
  readonly project?: string;
}

/** A job looks at every value; what the library knows beside the file, such as the other half of a pair, the API tells. */
export function validateInLibrary(
  lora: string,
  { family, strength, model, beside, project }: Options,
  context: CommandContext,
): Promise<number> {
  if (beside !== undefined) {
    throw new UserError(`--beside is for files, and ${lora} is none: its pair is looked for in the library`, {
      code: "bad-option",
    });
  }
  const use = { family, strength, model };
  return withToolRun(context, {
    start: (client) => client.loras.validate(lora, use, { project }),
    end: async (client, run) => {
      const report = await client.loras.report(run.id);
      if (report?.kind !== "validate") throw new TypeError(`${run.id} made no report`);
      const { findings: told } = await client.loras.validateHeader(lora, use, { project });
      const findings = [...report.findings, ...told.filter(({ code }) => code === "missing-noise-partner")];
      const { name, document } = report.lora;
      return tellVerdict({ lora: name, document, run: run.id }, lora, { ...report, findings }, context);
    },
  });
}
