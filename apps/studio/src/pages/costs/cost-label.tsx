import type { CostGrouping, CostRow } from "@loramill/contracts";
import { Link } from "wouter";

/** What a row of costs is of, with a link where it has a page. */
export function CostLabel({ by, row }: { readonly by: CostGrouping; readonly row: CostRow }) {
  if (row.key === "") return <span className="muted">{row.label || "none"}</span>;
  if (by === "run") return <Link href={`/runs/${row.key}`}>{row.label}</Link>;
  return <span title={row.key}>{row.label}</span>;
}
