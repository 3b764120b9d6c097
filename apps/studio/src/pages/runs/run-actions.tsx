import { isOfFleet, nextState, type ResumeRequest, type RunView } from "@loramill/contracts";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { useConfirm } from "../../ui/confirm.tsx";
import { toast } from "../../ui/toasts.tsx";
import { ResumeDialog } from "./resume-dialog.tsx";

/** What can be done with a run in its state: end it, or go on with it. */
export function RunActions({ run }: { readonly run: RunView }) {
  const client = useClient();
  const queries = useQueryClient();
  const confirm = useConfirm();
  const [isResuming, setResuming] = useState(false);
  const show = (view: RunView) => {
    queries.setQueryData(["run", run.id], view);
    void queries.invalidateQueries({ queryKey: ["runs"] });
  };
  const cancel = useMutation({
    mutationFn: () => client.cancelRun(run.id),
    onSuccess: (view) => {
      show(view);
      toast.done("The run is being cancelled");
    },
  });
  const resume = useMutation({
    mutationFn: (change: ResumeRequest) => client.resumeRun(run.id, change),
    onSuccess: (view) => {
      show(view);
      setResuming(false);
      toast.done("The run goes on");
    },
  });
  const askAndCancel = async () => {
    const body = (
      <p>
        Its jobs are stopped within seconds. What is done stays, and it can be resumed from there, trainings from their
        last checkpoint.
      </p>
    );
    if (await confirm({ title: `Cancel ${run.name}?`, body, action: "Cancel run", danger: true })) cancel.mutate();
  };
  // Nobody asked for those in words.
  const tendsFleet = run.steps.some(({ kind }) => isOfFleet(kind));
  return (
    <>
      {!tendsFleet && (
        <ButtonLink href={`/schedules/new?run=${run.id}`} icon="schedule">
          Schedule
        </ButtonLink>
      )}
      {nextState("run", run.state, "cancel") && (
        <Button kind="danger" icon="stop" busy={cancel.isPending} disabled={run.cancelRequested} onClick={askAndCancel}>
          Cancel
        </Button>
      )}
      {nextState("run", run.state, "resume") && (
        <Button kind="primary" icon="play" busy={resume.isPending} onClick={() => setResuming(true)}>
          Resume
        </Button>
      )}
      {isResuming && (
        <ResumeDialog
          run={run}
          busy={resume.isPending}
          onResume={(change) => resume.mutate(change)}
          onClose={() => setResuming(false)}
        />
      )}
    </>
  );
}
