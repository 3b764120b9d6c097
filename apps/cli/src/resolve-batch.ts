import { UserError } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";

/** `last` is the newest batch, and a name or the end of an id is enough when it fits one of the newest 200 only. */
export async function resolveBatch(client: Client, text: string): Promise<string> {
  if (/^bat_[0-9a-f]{32}$/.test(text)) return text;
  const { items } = await client.batches.list({ limit: 200 });
  const fitting =
    text === "last" ? items.slice(0, 1) : items.filter(({ id, name }) => id.endsWith(text) || name === text);
  const [only] = fitting;
  if (only && fitting.length === 1) return only.id;
  throw new UserError(
    only
      ? `${text} fits ${fitting.length} batches; give the whole id`
      : `${text}: no such batch; \`loramill batch list\` lists them`,
    { code: "batch-not-found" },
  );
}
