import type { ScheduleView } from "@loramill/contracts";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { ProblemNotice } from "../../ui/problem-notice.tsx";
import { useOrder } from "./use-order.ts";

/** Asks why a schedule is paused; the reason is shown for as long as it is. */
export function PauseDialog({ schedule, onClose }: { readonly schedule: ScheduleView; readonly onClose: () => void }) {
  const [reason, setReason] = useState("");
  const pause = useOrder(schedule, { toldInPlace: true });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    pause.mutate({ kind: "pause", ...(reason.trim() === "" ? {} : { reason: reason.trim() }) }, { onSuccess: onClose });
  };
  return (
    <Dialog title={`Pause ${schedule.name}?`} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <p>
          Until it is resumed there are no fires, and none are missed. Fires that wait are skipped; runs that are open
          go on.
        </p>
        <TextField
          label="Reason"
          placeholder="paused by hand"
          maxLength={500}
          value={reason}
          onChange={setReason}
          hint="Shown beside it, and kept in the audit."
        />
        {pause.error && <ProblemNotice error={pause.error} />}
        <div className="row">
          <Button kind="primary" type="submit" icon="pause" busy={pause.isPending}>
            Pause
          </Button>
          <Button onClick={onClose}>Not now</Button>
        </div>
      </form>
    </Dialog>
  );
}
