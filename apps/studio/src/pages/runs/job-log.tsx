import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { LogText } from "../../ui/log-text.tsx";

const REFRESH_MS = 3_000;

/** What a trainer said, up to its last whole turn. */
export function JobLog({ job, onClose }: { readonly job: string; readonly onClose: () => void }) {
  const client = useClient();
  const query = useQuery({
    queryKey: ["job-log", job],
    queryFn: ({ signal }) => client.jobLog(job, signal),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Dialog wide title="Log of the training" onClose={onClose}>
      <Loaded query={query}>
        {(text) => (text === "" ? <p className="muted">It has said nothing yet.</p> : <LogText text={text} />)}
      </Loaded>
    </Dialog>
  );
}
