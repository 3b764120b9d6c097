import { useMutation } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { useClient } from "../../api/client.tsx";
import { saveUrl } from "../../lib/save-file.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { useConfirm } from "../../ui/confirm.tsx";
import type { LoraPartProps } from "./lora-part-props.ts";
import { useChangeLora } from "./use-change-lora.ts";

/** What can be done with a LoRA: save its files, compare it, make another of it, delete it. */
export function LoraActions({ lora, name, project }: LoraPartProps) {
  const client = useClient();
  const confirm = useConfirm();
  const [, navigate] = useLocation();
  const change = useChangeLora(name, project);
  const download = useMutation({
    mutationFn: () => client.loras.download(lora.id, { project }),
    onSuccess: (files) => {
      for (const file of files) saveUrl(file.url, file.name);
    },
  });
  const askAndDelete = async () => {
    const body = (
      <p>It leaves the library and is found no more; runs that used it stay as they are. It can be restored.</p>
    );
    if (!(await confirm({ title: `Delete ${lora.name} v${lora.version}?`, body, action: "Delete", danger: true })))
      return;
    change.mutate(
      { change: (loras) => loras.delete(lora.id, { project }), done: `${lora.name} is deleted` },
      { onSuccess: () => navigate("/loras") },
    );
  };
  const asked = (field: string) =>
    new URLSearchParams({ [field]: `${lora.name}@${lora.version}`, ...(project === undefined ? {} : { project }) });
  return (
    <>
      <Button icon="download" busy={download.isPending} onClick={() => download.mutate()}>
        Download
      </Button>
      <ButtonLink href={`/loras/compare?${asked("a")}`}>Compare</ButtonLink>
      <ButtonLink href={`/loras/make?${asked("from")}`}>Merge, resize, convert</ButtonLink>
      {lora.deletedAt === null && (
        <Button kind="danger" icon="trash" busy={change.isPending} onClick={askAndDelete}>
          Delete
        </Button>
      )}
    </>
  );
}
