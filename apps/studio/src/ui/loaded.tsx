import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ProblemNotice } from "./problem-notice.tsx";
import { SkeletonLines } from "./skeleton.tsx";

/** What a query answered, once it is there; until then a skeleton, or what went wrong. */
export function Loaded<Data>({
  query,
  lines,
  children,
}: {
  readonly query: Pick<UseQueryResult<Data>, "data" | "error">;
  readonly lines?: number;
  readonly children: (data: Data) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ProblemNotice error={query.error} />;
  return <SkeletonLines {...(lines === undefined ? {} : { lines })} />;
}
