import type { ScheduleView } from "@loramill/contracts";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { formatCount } from "../../lib/format.ts";
import { useSettled } from "../../lib/use-settled.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { ProblemNotice } from "../../ui/problem-notice.tsx";
import { SkeletonLines } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toasts.tsx";
import { FireTimes } from "./fire-times.tsx";
import { localOf, momentOf, readersZone } from "./moments.ts";
import styles from "./schedule-form.module.css";
import { zoneOf } from "./zone-of.ts";

/** Times that are shown of many. */
const SHOWN = 10;
const DAY_MS = 86_400_000;
const STRETCHES = [
  ["Last day", 1],
  ["Last 7 days", 7],
  ["Last 30 days", 30],
] as const;

/** The days before now, as the fields have them. */
function lastDays(days: number): { from: string; to: string } {
  const now = Date.now();
  const [from, to] = [now - days * DAY_MS, now].map((at) => localOf(new Date(at).toISOString()).slice(0, 16));
  return { from: from ?? "", to: to ?? "" };
}

/** Makes the fires of a time that is over, once it was seen how many that are. */
export function BackfillDialog({
  schedule,
  onClose,
}: {
  readonly schedule: ScheduleView;
  readonly onClose: () => void;
}) {
  const { name, project } = schedule;
  const client = useClient();
  const queries = useQueryClient();
  const [stretch, setStretch] = useState(() => lastDays(7));
  const [from, to] = [momentOf(stretch.from), momentOf(stretch.to)];
  const isOrdered = from !== null && to !== null && from < to;
  const asked = isOrdered ? JSON.stringify({ from, to }) : "";
  const settled = useSettled(asked);
  const isCurrent = asked !== "" && settled === asked;
  const preview = useQuery({
    queryKey: ["schedules", "backfill", project, name, settled],
    enabled: isCurrent,
    queryFn: ({ signal }) =>
      client.schedules.backfill(name, { ...JSON.parse(settled), preview: true }, { project, signal }),
    retry: false,
  });
  const make = useMutation({
    mutationFn: () => client.schedules.backfill(name, JSON.parse(asked), { project }),
    onSuccess: ({ fires }) => {
      toast.done(`${countFires(fires.length)} of ${name} ${fires.length === 1 ? "is" : "are"} made`);
      onClose();
      return queries.invalidateQueries({ queryKey: ["schedules"] });
    },
    meta: { toldInPlace: true },
  });
  const found = isCurrent ? preview.data : undefined;
  const error = make.error ?? (isCurrent ? preview.error : null);
  const change = (part: Partial<typeof stretch>) => {
    setStretch({ ...stretch, ...part });
    make.reset();
  };
  return (
    <Dialog
      title={`Backfill ${name}`}
      onClose={onClose}
      footer={
        <Button
          kind="primary"
          icon="play"
          busy={make.isPending}
          disabled={found === undefined || found.fires.length === 0}
          onClick={() => make.mutate()}
        >
          {found === undefined ? "Make fires" : `Make ${countFires(found.fires.length)}`}
        </Button>
      }
    >
      <p className="muted">
        Makes the fires of a time that is over, one run after the other, each with the name of its own day. The sources
        are read as they are today.
      </p>
      <div className={styles.usual}>
        {STRETCHES.map(([label, days]) => (
          <Button key={label} small onClick={() => change(lastDays(days))}>
            {label}
          </Button>
        ))}
      </div>
      <div className={styles.pairs}>
        <TextField
          label="From"
          type="datetime-local"
          value={stretch.from}
          onChange={(value) => change({ from: value })}
        />
        <TextField
          label="Before"
          type="datetime-local"
          value={stretch.to}
          onChange={(value) => change({ to: value })}
          error={from !== null && to !== null && !isOrdered ? "This lies before the time that it begins." : null}
        />
      </div>
      <p className="faint">In your time zone, {readersZone()}.</p>
      {error && <ProblemNotice error={error} />}
      {found && (
        <div className="stack-tight">
          <strong role="status">
            {found.fires.length === 0 ? "No fire would be made" : `${countFires(found.fires.length)} would be made`}
          </strong>
          {found.present > 0 && (
            <span className="muted">{formatCount(found.present)} of that time have a run, or are about to.</span>
          )}
          <FireTimes times={found.fires.slice(0, SHOWN)} timeZone={zoneOf(schedule.timing)} />
          {found.fires.length > SHOWN && (
            <span className="muted">and {formatCount(found.fires.length - SHOWN)} more</span>
          )}
        </div>
      )}
      {asked !== "" && !found && !error && <SkeletonLines lines={3} />}
    </Dialog>
  );
}

const countFires = (count: number): string => `${formatCount(count)} ${count === 1 ? "fire" : "fires"}`;
