import type { ScheduleView } from "@loramill/contracts";
import { useMutation, useMutationState, useQueryClient } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { toast } from "../../ui/toasts.tsx";

/** What people ask of a schedule beside its timing. */
export type Order =
  | { readonly kind: "pause"; readonly reason?: string }
  | { readonly kind: "resume" }
  | { readonly kind: "trigger" }
  | { readonly kind: "remove" };

const SAID: Readonly<Record<Order["kind"], string>> = {
  pause: "is paused",
  resume: "goes on",
  trigger: "fires now",
  remove: "is gone; the runs that it started stay",
};

const keyOf = ({ id }: Pick<ScheduleView, "id">) => ["schedule-order", id];

/** Gives an order. It is under way until the answer is there and what is shown of the schedule has it. */
export function useOrder(schedule: ScheduleView, { toldInPlace = false }: { readonly toldInPlace?: boolean } = {}) {
  const client = useClient();
  const queries = useQueryClient();
  const { name, project } = schedule;
  return useMutation({
    mutationKey: keyOf(schedule),
    mutationFn: async ({ kind, ...order }: Order) => {
      await client.schedules[kind](name, { project, ...order });
    },
    onSuccess: async (_, { kind }) => {
      toast.done(`${name} ${SAID[kind]}`);
      // Of one that is gone nothing is asked again but the list that had it.
      const queryKey = kind === "remove" ? ["schedules", "list"] : ["schedules"];
      await queries.invalidateQueries({ queryKey });
    },
    meta: { toldInPlace },
  });
}

/** The order that is under way for a schedule, wherever it was given. */
export function usePendingOrder(schedule: Pick<ScheduleView, "id">): Order["kind"] | null {
  const pending = useMutationState({
    filters: { mutationKey: keyOf(schedule), status: "pending" },
    select: ({ state }) => (state.variables as Order).kind,
  });
  return pending.at(-1) ?? null;
}
