import { isFinal, type RunView, type StepView } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { LogText } from "../../ui/log-text.tsx";

const REFRESH_MS = 3_000;

/** What a trainer says, up to its last whole turn; followed as long as its end is in view. */
export function TrainingLog({ run, step }: { readonly run: RunView; readonly step: StepView }) {
  const client = useClient();
  const query = useQuery({
    queryKey: ["training-log", run.id, step.name, step.state],
    queryFn: async ({ signal }) => {
      const { items } = await client.listJobs(run.id, { step: step.name, limit: 1, signal });
      return items[0] === undefined ? "" : client.jobLog(items[0].id, signal);
    },
    placeholderData: (before) => before,
    refetchInterval: isFinal("step", step.state) ? false : REFRESH_MS,
  });
  return (
    <Loaded query={query}>
      {(text) =>
        text === "" ? (
          <Empty icon="info" title="It has said nothing">
            {step.reusedFrom === null
              ? "What the trainer prints appears here, turn by turn."
              : "Its result was taken from another run, which has the log."}
          </Empty>
        ) : (
          <LogText text={text} />
        )
      }
    </Loaded>
  );
}
