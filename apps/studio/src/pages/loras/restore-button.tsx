import type { LoraSummary } from "@loramill/contracts";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { Button } from "../../ui/button.tsx";
import { toast } from "../../ui/toasts.tsx";

/** Brings a deleted LoRA back. */
export function RestoreButton({
  lora,
  project,
}: {
  readonly lora: LoraSummary;
  readonly project?: string | undefined;
}) {
  const client = useClient();
  const queries = useQueryClient();
  const restore = useMutation({
    mutationFn: () => client.loras.restore(lora.id, { project }),
    onSuccess: () => {
      toast.done(`${lora.name} is in the library again`);
      void queries.invalidateQueries({ queryKey: ["loras"] });
    },
  });
  return (
    <Button small icon="reuse" busy={restore.isPending} onClick={() => restore.mutate()}>
      Restore
    </Button>
  );
}
