import type { GenerationSummary } from "@loramill/contracts";
import { useMutation } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { useClient } from "../../api/client.tsx";
import { saveBlob } from "../../lib/save-file.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { toast } from "../../ui/toasts.tsx";
import { writeSpec } from "../runs/read-spec.ts";
import { fileNameOf } from "./file-name.ts";
import { loraNames } from "./lora-names.ts";
import { specOfGeneration } from "./spec-of-generation.ts";

/** What can be done with a picture or clip: made again, kept as a file, its request and record copied or saved. */
export function GenerationActions({ generation }: { readonly generation: GenerationSummary }) {
  const client = useClient();
  const [, navigate] = useLocation();
  const { id, kind, file } = generation;
  const copy = useMutation({
    mutationFn: async () => {
      const whole = await client.generations.get(id);
      const spec = specOfGeneration(whole, await loraNames(client, whole.loras, whole));
      if (spec === null) throw new Error("its request was not kept: it was made before requests were");
      await navigator.clipboard.writeText(writeSpec(spec));
    },
    onSuccess: () => toast.done("The spec is on the clipboard", "`loramill run` and New run take it."),
  });
  const save = useMutation({
    mutationFn: async () => {
      const record = await client.generations.get(id);
      const text = `${JSON.stringify(record, null, 2)}\n`;
      saveBlob(new Blob([text], { type: "application/json" }), `${fileNameOf(generation)}.json`);
    },
  });
  return (
    <div className="row">
      {kind === "text-to-image" && (
        <Button icon="reuse" onClick={() => navigate(`/generate?again=${id}`)}>
          Again with these settings
        </Button>
      )}
      <ButtonLink external icon="download" href={file.url} download={fileNameOf(generation)}>
        File
      </ButtonLink>
      <Button icon="download" busy={save.isPending} onClick={() => save.mutate()}>
        Record
      </Button>
      {/* Browsers give pages a clipboard only over HTTPS and on this machine. */}
      {"clipboard" in navigator && (
        <Button icon="copy" busy={copy.isPending} onClick={() => copy.mutate()}>
          Spec as YAML
        </Button>
      )}
    </div>
  );
}
