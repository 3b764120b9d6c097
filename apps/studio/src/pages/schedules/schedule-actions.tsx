import type { ScheduleView } from "@loramill/contracts";
import { useState } from "react";
import { useLocation } from "wouter";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { useConfirm } from "../../ui/confirm.tsx";
import { BackfillDialog } from "./backfill-dialog.tsx";
import { PauseDialog } from "./pause-dialog.tsx";
import { scheduleHref } from "./schedule-href.ts";
import { useOrder, usePendingOrder } from "./use-order.ts";

/** What is done to a schedule most: fire it once now, pause it, and go on. */
export function ScheduleActions({
  schedule,
  small = false,
}: {
  readonly schedule: ScheduleView;
  readonly small?: boolean;
}) {
  const { name, paused } = schedule;
  const [isPausing, setPausing] = useState(false);
  const order = useOrder(schedule);
  const pending = usePendingOrder(schedule);
  const button = (kind: "trigger" | "pause" | "resume", label: string) => ({
    small,
    busy: pending === kind,
    disabled: pending !== null,
    "aria-label": `${label}: ${name}`,
    children: label,
  });
  return (
    <span className="row">
      <Button {...button("trigger", "Fire now")} icon="generate" onClick={() => order.mutate({ kind: "trigger" })} />
      {paused ? (
        <Button {...button("resume", "Resume")} icon="play" onClick={() => order.mutate({ kind: "resume" })} />
      ) : (
        <Button {...button("pause", "Pause")} icon="pause" onClick={() => setPausing(true)} />
      )}
      {isPausing && <PauseDialog schedule={schedule} onClose={() => setPausing(false)} />}
    </span>
  );
}

/** The rest of it: change it, make the fires of a time that is over, and delete it. */
export function ScheduleChanges({ schedule }: { readonly schedule: ScheduleView }) {
  const [isFilling, setFilling] = useState(false);
  const [, navigate] = useLocation();
  const confirm = useConfirm();
  const order = useOrder(schedule);
  const pending = usePendingOrder(schedule);
  const remove = async () => {
    const body = (
      <p>
        It fires no more, and the list of its fires is gone with it. Runs that it started stay, and one that is open
        goes on.
      </p>
    );
    if (!(await confirm({ title: `Delete ${schedule.name}?`, body, action: "Delete schedule", danger: true }))) return;
    order.mutate({ kind: "remove" }, { onSuccess: () => navigate("/schedules") });
  };
  return (
    <span className="row">
      <ButtonLink href={`${scheduleHref(schedule)}/edit`} icon="edit">
        Change
      </ButtonLink>
      <Button icon="reuse" onClick={() => setFilling(true)}>
        Backfill
      </Button>
      <Button kind="danger" icon="trash" busy={pending === "remove"} onClick={remove}>
        Delete
      </Button>
      {isFilling && <BackfillDialog schedule={schedule} onClose={() => setFilling(false)} />}
    </span>
  );
}
