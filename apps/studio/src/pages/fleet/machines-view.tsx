import type { PodView } from "@loramill/contracts";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { formatBytes, formatSeconds, formatUsd } from "../../lib/format.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { useConfirm } from "../../ui/confirm.tsx";
import { Empty } from "../../ui/empty.tsx";
import type { IconName } from "../../ui/icon.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";

/** Machines that there are, and the latest of those that there were. */
export function MachinesView({ machines }: { readonly machines: readonly PodView[] }) {
  if (machines.length === 0)
    return (
      <Empty icon="fleet" title="No machines at the moment">
        Machines are rented when jobs wait for them, and given back when they are done. The plan says why there are
        none.
      </Empty>
    );
  const rows = [...machines].sort((a, b) => Number(a.state === "ended") - Number(b.state === "ended"));
  return <Table label="Machines" columns={COLUMNS} rows={rows} rowKey={({ name }) => name} />;
}

const COLUMNS: readonly Column<PodView>[] = [
  { name: "Machine", main: true, cell: ({ name, run }) => <Link href={`/runs/${run}`}>{name}</Link> },
  { name: "State", cell: (pod) => <MachineState pod={pod} /> },
  { name: "What", wide: true, cell: (pod) => <Offer pod={pod} /> },
  {
    name: "Why",
    wide: true,
    cell: ({ reason, wantedFor }) =>
      reason ?? `wanted for ${wantedFor.length} ${wantedFor.length === 1 ? "job" : "jobs"}`,
  },
  { name: "Since", end: true, cell: ({ rentedAt, createdAt }) => <TimeAgo at={rentedAt ?? createdAt} /> },
  { name: "Billed", end: true, cell: ({ billSeconds }) => formatSeconds(billSeconds) },
  {
    name: "Cost",
    end: true,
    cell: ({ billMicroUsd, billIsFinal }) => `${formatUsd(billMicroUsd)}${billIsFinal ? "" : " so far"}`,
  },
  { name: "", end: true, cell: (pod) => <MachineActions pod={pod} /> },
];

const LOOKS: Readonly<Record<PodView["state"], readonly [Tone, IconName]>> = {
  wanted: ["grey", "clock"],
  booting: ["amber", "running"],
  ready: ["green", "check"],
  draining: ["amber", "pause"],
  ending: ["amber", "stop"],
  ended: ["grey", "stop"],
};

function MachineState({ pod: { state, active } }: { readonly pod: PodView }) {
  const isAtWork = (active ?? 0) > 0;
  const [tone, icon] = isAtWork && state === "ready" ? (["blue", "running"] as const) : LOOKS[state];
  return (
    <Badge tone={tone} icon={icon}>
      {isAtWork ? `${state}, at work` : state}
    </Badge>
  );
}

function Offer({ pod: { offer, provider } }: { readonly pod: PodView }) {
  if (offer === null) return <span className="muted">{provider}</span>;
  return (
    <>
      {offer.gpuType} <span className="muted">{formatBytes(offer.vramBytes)}</span>
      <div className="faint">
        {provider} · {offer.region} · {formatUsd(offer.pricePerHourMicroUsd)} an hour
        {offer.interruptible && " · spot"}
      </div>
    </>
  );
}

function MachineActions({ pod }: { readonly pod: PodView }) {
  const client = useClient();
  const queries = useQueryClient();
  const confirm = useConfirm();
  const retire = useMutation({
    mutationFn: (how: "drain" | "end") => client.fleet[how](pod.name),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["fleet"] }),
  });
  if (pod.state === "ended" || pod.state === "ending") return null;
  const end = async () => {
    const body = <p>What it did since its last checkpoint is lost; its work goes on elsewhere from there.</p>;
    if (await confirm({ title: `End ${pod.name} now?`, body, action: "End machine", danger: true }))
      retire.mutate("end");
  };
  return (
    <>
      {pod.state !== "draining" && pod.state !== "wanted" && (
        <Button small kind="plain" disabled={retire.isPending} onClick={() => retire.mutate("drain")}>
          Drain
        </Button>
      )}
      <Button small kind="danger" disabled={retire.isPending} onClick={end}>
        End
      </Button>
    </>
  );
}
