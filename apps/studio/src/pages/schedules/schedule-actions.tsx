import type { ScheduleView } from "@loramill/contracts";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { Button } from "../../ui/button.tsx";
import { toast } from "../../ui/toasts.tsx";

type Order = "pause" | "resume" | "trigger";

const SAID: Readonly<Record<Order, string>> = { pause: "is paused", resume: "goes on", trigger: "fires now" };

/** Pause, go on, and fire once now. */
export function ScheduleActions({
  schedule: { name, project, paused },
  small = false,
}: {
  readonly schedule: ScheduleView;
  readonly small?: boolean;
}) {
  const client = useClient();
  const queries = useQueryClient();
  const order = useMutation({
    mutationFn: async (what: Order) => void (await client.schedules[what](name, { project })),
    onSuccess: async (_, what) => {
      toast.done(`${name} ${SAID[what]}`);
      await queries.invalidateQueries({ queryKey: ["schedules"] });
    },
  });
  const press = (what: Order, label: string) => ({
    small,
    disabled: order.isPending,
    "aria-label": `${label}: ${name}`,
    onClick: () => order.mutate(what),
    children: label,
  });
  return (
    <span className="row">
      <Button {...press("trigger", "Fire now")} icon="generate" />
      {paused ? (
        <Button {...press("resume", "Resume")} icon="play" />
      ) : (
        <Button {...press("pause", "Pause")} icon="pause" />
      )}
    </span>
  );
}
