import type { Quote, RunSpecInput } from "@loramill/contracts";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { useClient } from "../../api/client.tsx";
import { formatBytes, formatSeconds, formatUsd } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Stats } from "../../ui/facts.tsx";
import { Notice, ProblemNotice } from "../../ui/problem-notice.tsx";
import { SkeletonLines } from "../../ui/skeleton.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { toast } from "../../ui/toasts.tsx";
import { PlanSteps } from "./plan-steps.tsx";

/** What a run would do, take and cost; and the button that starts it, unless something else will (`isStarted` is false). */
export function RunPreview({
  spec,
  isStarted = true,
}: {
  readonly spec: RunSpecInput | null;
  readonly isStarted?: boolean;
}) {
  const client = useClient();
  const query = useQuery({
    queryKey: ["preview", JSON.stringify(spec)],
    enabled: spec !== null,
    queryFn: async ({ signal }) => {
      const given = spec as RunSpecInput;
      // One after the other: the second finds the sources looked at.
      const { lock } = await client.plan(given, signal);
      return { lock, quote: await client.quote(given, signal) };
    },
    staleTime: 60_000,
  });
  if (spec === null)
    return (
      <Empty icon="search" title="Nothing to show yet">
        Its steps, what of them is there already, its time and its price appear here.
      </Empty>
    );
  if (query.error) return <ProblemNotice error={query.error} />;
  if (query.data === undefined) return <SkeletonLines lines={8} />;
  const { lock, quote } = query.data;
  return (
    <div className="stack">
      <Card title="What it will take" actions={isStarted && <StartButton spec={spec} quote={quote} />}>
        <div className="stack">
          <Stats
            facts={[
              ["Time", formatSeconds(quote.seconds.p50), `at most ${formatSeconds(quote.seconds.p90)} (p90)`],
              ["Cost", formatUsd(quote.expectedMicroUsd), `at most ${formatUsd(quote.costMicroUsd.p90)} (p90)`],
              ["Memory of the GPU", quote.vramBytes > 0 ? formatBytes(quote.vramBytes) : null],
            ]}
          />
          {quote.withinBudget === false && (
            <Notice tone="amber" title="This does not fit its budget">
              The run will stop when the money is spent; it can be resumed with more.
            </Notice>
          )}
          {quote.ceilings.map(({ ceiling, surely }) => (
            <Notice key={`${ceiling.scope.kind} ${ceiling.period}`} tone="amber" title="A ceiling has no room for it">
              {formatUsd(ceiling.spentMicroUsd)} of {formatUsd(ceiling.limitMicroUsd)} per {ceiling.period} is spent;{" "}
              {surely ? "it will not be done before that changes." : "it may not be done before that changes."}
            </Notice>
          ))}
          <Table label="Price by step" columns={COLUMNS} rows={quote.steps} rowKey={({ name }) => name} />
          {quote.notes.length > 0 && (
            <ul className="stack-tight muted">
              {quote.notes.map((note) => (
                <li key={note}>{note}</li>
              ))}
            </ul>
          )}
        </div>
      </Card>
      <Card title="Plan">
        <PlanSteps steps={lock.steps} />
      </Card>
    </div>
  );
}

type QuotedStep = Quote["steps"][number];
const CACHES: Readonly<Record<QuotedStep["cache"], readonly ["violet" | "grey", string]>> = {
  reused: ["violet", "there already"],
  maybe: ["grey", "perhaps there"],
  miss: ["grey", "to be done"],
};

const COLUMNS: readonly Column<QuotedStep>[] = [
  { name: "Step", main: true, cell: ({ name }) => name },
  {
    name: "Work",
    cell: ({ cache, reason }) => (
      <Badge tone={CACHES[cache][0]} title={reason}>
        {CACHES[cache][1]}
      </Badge>
    ),
  },
  { name: "Items", end: true, cell: ({ items }) => items ?? "?" },
  { name: "Time", end: true, cell: ({ seconds }) => formatSeconds(seconds.p50) },
  { name: "Cost", end: true, cell: ({ expectedMicroUsd }) => formatUsd(expectedMicroUsd) },
];

function StartButton({ spec, quote }: { readonly spec: RunSpecInput; readonly quote: Quote }) {
  const client = useClient();
  const [, navigate] = useLocation();
  // One preview starts one run, however often the button is pressed or an answer is lost.
  const [idempotencyKey] = useState(randomKey);
  const overCeiling = quote.ceilings.length > 0;
  const start = useMutation({
    mutationFn: () => client.createRun(spec, { idempotencyKey, overCeiling }),
    onSuccess: (run) => {
      toast.done(`${run.name} has been started`);
      navigate(`/runs/${run.id}`);
    },
  });
  return (
    <Button kind="primary" icon="play" busy={start.isPending} onClick={() => start.mutate()}>
      {overCeiling ? "Start all the same" : "Start run"}
    </Button>
  );
}

/** `crypto.randomUUID` is not there on pages that came by plain HTTP from another machine. */
const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
