import type { Recipe, RecipeExplanation } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { Card } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { Prose } from "../../ui/prose.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import styles from "./recipe-view.module.css";

type Field = RecipeExplanation["fields"][number];

/** A recipe field by field: value, unit, what it takes and why it is so; and what is unwise about it. */
export function RecipeView({ recipe }: { readonly recipe: Recipe }) {
  const client = useClient();
  const query = useQuery({
    queryKey: ["recipe-explanation", recipe],
    queryFn: ({ signal }) => client.recipes.explain({ recipe }, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Loaded query={query} lines={10}>
      {({ fields, issues }) => (
        <div className="stack">
          {issues.map(({ field, severity, message }) => (
            <Notice key={`${field} ${message}`} tone={severity === "error" ? "red" : "amber"} title={field}>
              {message}
            </Notice>
          ))}
          <div>
            <CopyButton text={JSON.stringify(recipe, null, 2)} label="Copy as JSON" />
          </div>
          {[...Map.groupBy(fields, ({ group }) => group)].map(([group, some]) => (
            <div key={group} className={styles.group}>
              <Card title={group} flush>
                <Table label={`Recipe: ${group}`} columns={COLUMNS} rows={some} rowKey={({ field }) => field} />
              </Card>
            </div>
          ))}
        </div>
      )}
    </Loaded>
  );
}

const COLUMNS: readonly Column<Field>[] = [
  { name: "Field", main: true, cell: ({ field, meaning }) => <span title={meaning}>{field}</span> },
  { name: "Value", cell: ({ value, unit }) => `${shown(value)}${unit ? ` ${unit}` : ""}` },
  { name: "What it is", cell: ({ meaning }) => <Prose text={meaning} /> },
  { name: "Takes", cell: ({ range }) => range },
  { name: "Why", cell: ({ why }) => why },
];

const shown = (value: unknown): string => {
  if (value === null) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
};
