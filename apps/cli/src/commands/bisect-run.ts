import { followTrials } from "../bisect/follow-trials.ts";
import { judgeByScore } from "../bisect/judge-trials.ts";
import { resolveBisection } from "../bisect/resolve-bisection.ts";
import type { ScoreOptions } from "../bisect/score-options.ts";
import { exitCodes } from "../exit-codes.ts";
import { printBisection } from "./bisect.ts";
import { type CommandContext, printLine } from "./context.ts";

/** Judges the open trial and all that follow by a score, until what makes it bad is named: 0 when it is. */
export async function runBisectCommand(
  bisection: string | undefined,
  options: ScoreOptions,
  context: CommandContext,
): Promise<number> {
  const judge = judgeByScore(options, (verdict) => {
    if (!context.json) printLine(context, verdict);
  });
  const followed = await followTrials(
    context,
    async (client) => client.bisections.get(await resolveBisection(client, bisection)),
    judge,
  );
  if (typeof followed === "number") return followed;
  printBisection(followed.view, context);
  return followed.view.state === "found" || followed.detached ? exitCodes.ok : exitCodes.failed;
}
