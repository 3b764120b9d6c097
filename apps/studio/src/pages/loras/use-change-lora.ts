import type { LoraView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { toast } from "../../ui/toasts.tsx";

interface Change {
  readonly change: (loras: Client["loras"]) => Promise<LoraView>;
  /** What is said when it is done; left out: nothing is. */
  readonly done?: string;
}

/** Writes something about a LoRA, and shows what it has become. */
export function useChangeLora(lora: string, project: string | undefined) {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ change }: Change) => change(client.loras),
    onSuccess: (view, { done }) => {
      queries.setQueryData(["lora", lora, project], view);
      void queries.invalidateQueries({ queryKey: ["loras"] });
      if (done !== undefined) toast.done(done);
    },
  });
}
