import type { FleetView } from "@loramill/contracts";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { toast } from "../../ui/toasts.tsx";

/** The kill switch, and whether anything new is rented. */
export function FleetSwitches({ fleet }: { readonly fleet: FleetView }) {
  const client = useClient();
  const queries = useQueryClient();
  const [isStopping, setStopping] = useState(false);
  const onSuccess = () => queries.invalidateQueries({ queryKey: ["fleet"] });
  const dryRun = useMutation({ mutationFn: () => client.fleet.setDryRun(!fleet.dryRun), onSuccess });
  const start = useMutation({
    mutationFn: () => client.fleet.start(),
    onSuccess: () => {
      toast.done("Machines may be rented again");
      return onSuccess();
    },
  });
  return (
    <>
      <Button busy={dryRun.isPending} onClick={() => dryRun.mutate()}>
        {fleet.dryRun ? "End the dry run" : "Dry run"}
      </Button>
      {fleet.stopped ? (
        <Button kind="primary" icon="play" busy={start.isPending} onClick={() => start.mutate()}>
          Start
        </Button>
      ) : (
        <Button kind="danger" icon="stop" onClick={() => setStopping(true)}>
          Stop
        </Button>
      )}
      {isStopping && <StopDialog onClose={() => setStopping(false)} />}
    </>
  );
}

function StopDialog({ onClose }: { readonly onClose: () => void }) {
  const client = useClient();
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const stop = useMutation({
    mutationFn: (all: boolean) => client.fleet.stop({ all, ...(reason ? { reason } : {}) }),
    onSuccess: () => {
      onClose();
      toast.done("Nothing is rented any more");
      return queries.invalidateQueries({ queryKey: ["fleet"] });
    },
  });
  return (
    <Dialog
      title="Stop the fleet?"
      onClose={onClose}
      footer={
        <>
          <Button busy={stop.isPending} onClick={() => stop.mutate(false)}>
            Let them finish
          </Button>
          <Button kind="danger" busy={stop.isPending} onClick={() => stop.mutate(true)}>
            End all machines now
          </Button>
        </>
      }
    >
      <p>
        Nothing new is rented until it is started again. Machines that are ended at once lose what they did since their
        last checkpoint.
      </p>
      <TextField
        label="Reason"
        value={reason}
        placeholder="stopped by hand"
        onChange={setReason}
        hint="Kept in the audit."
      />
    </Dialog>
  );
}
