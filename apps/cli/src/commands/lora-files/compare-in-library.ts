import type { CommandContext } from "../context.ts";
import { tellLikeness } from "./tell-likeness.ts";
import { withToolRun } from "./tool-run.ts";

/** How alike two LoRAs of the library are, which a job finds out. */
export function compareInLibrary(
  a: string,
  b: string,
  options: { readonly modules?: boolean; readonly project?: string },
  context: CommandContext,
): Promise<number> {
  const { project } = options;
  return withToolRun(context, {
    start: (client) => client.loras.compare(a, b, { project }),
    end: async (client, run) => {
      const report = await client.loras.report(run.id);
      if (report?.kind !== "compare") throw new TypeError(`${run.id} made no report`);
      return tellLikeness(report, [a, b], options, context);
    },
  });
}
