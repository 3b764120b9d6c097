import { UserError } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";

/** `last` is the newest run, and the end of an id is enough when it fits one of the newest 200 runs only. */
export async function resolveRun(client: Client, text: string): Promise<string> {
  if (/^run_[0-9a-f]{32}$/.test(text)) return text;
  const { items } = await client.listRuns({ limit: 200 });
  const fitting =
    text === "last" ? items.slice(0, 1) : items.filter((run) => run.id.endsWith(text) || run.name === text);
  const [only] = fitting;
  if (only && fitting.length === 1) return only.id;
  throw new UserError(
    only
      ? `${text} fits ${fitting.length} runs; give the whole id`
      : `${text}: no such run; \`loramill runs\` lists them`,
    { code: "run-not-found" },
  );
}
