import { UserError } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";

/** The newest one where none is named; the end of an id is enough. */
export async function resolveBisection(client: Client, text: string | undefined): Promise<string> {
  if (text !== undefined && /^bis_[0-9a-f]{32}$/.test(text)) return text;
  const { items } = await client.bisections.list({ limit: 200 });
  const fitting = text === undefined ? items.slice(0, 1) : items.filter(({ id }) => id.endsWith(text));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only.id;
  throw new UserError(
    text === undefined
      ? "nothing was bisected yet; begin with `loramill bisect start GOOD BAD`"
      : `${text}: no such bisection; \`loramill bisect list\` names them`,
    { code: "not-found" },
  );
}
