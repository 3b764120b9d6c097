import type { LoraReport } from "@loramill/contracts";
import { formatCount } from "../../lib/format.ts";
import { Stats } from "../../ui/facts.tsx";
import { Progress } from "../../ui/progress.tsx";
import { type Column, Table } from "../../ui/table.tsx";

type Likeness = Extract<LoraReport, { readonly kind: "compare" }>;
type Block = Likeness["blocks"][number];

/** How alike the changes of two LoRAs are: in all, and block by block. */
export function LikenessView({ likeness: { whole, blocks, onlyA, onlyB } }: { readonly likeness: Likeness }) {
  return (
    <div className="stack">
      <Stats
        facts={[
          ["Cosine", told(whole.cosine), "1: the same direction, 0: nothing in common"],
          ["Size of the first", told(whole.normA), "Frobenius norm of its change"],
          ["Size of the second", told(whole.normB), "Frobenius norm of its change"],
          ["Distance", told(whole.distance), "of the one change from the other"],
          [
            "In one alone",
            onlyA.length + onlyB.length === 0
              ? null
              : `${formatCount(onlyA.length)} and ${formatCount(onlyB.length)} modules`,
          ],
        ]}
      />
      <Table label="Block by block" columns={COLUMNS} rows={blocks} rowKey={({ block }) => block} />
    </div>
  );
}

const told = (value: number | null): string => (value === null ? "none" : value.toPrecision(3));

const COLUMNS: readonly Column<Block>[] = [
  { name: "Block", main: true, cell: ({ block }) => block },
  { name: "Cosine", end: true, cell: ({ cosine }) => told(cosine) },
  {
    name: "",
    cell: ({ block, cosine }) => <Progress share={Math.max(0, cosine ?? 0)} label={`Likeness of ${block}`} />,
  },
  { name: "First", end: true, cell: ({ normA }) => told(normA) },
  { name: "Second", end: true, cell: ({ normB }) => told(normB) },
  { name: "Distance", end: true, cell: ({ distance }) => told(distance) },
];
