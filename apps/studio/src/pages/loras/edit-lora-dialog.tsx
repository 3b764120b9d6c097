import { LoraChange, LoraFamily, type LoraView, specProblems } from "@loramill/contracts";
import { type FormEvent, useId, useState } from "react";
import { fieldsOf } from "../../lib/fields-of.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField, TextArea, TextField } from "../../ui/field.tsx";
import { Notice, ProblemNotice } from "../../ui/problem-notice.tsx";
import { changeOf, type LoraText, textOf } from "./change-of-text.ts";
import type { LoraPartProps } from "./lora-part-props.ts";
import { useChangeLora } from "./use-change-lora.ts";

/** What people write about a LoRA; its file stays as it is. */
export function EditLoraDialog({ lora, name, project, onClose }: LoraPartProps & { readonly onClose: () => void }) {
  const form = useId();
  const [text, setText] = useState<LoraText>(() => textOf(lora));
  const [problems, setProblems] = useState<readonly string[]>([]);
  const change = useChangeLora(name, project);
  const field = fieldsOf(text, (part) => setText({ ...text, ...part }));
  const save = (event: FormEvent) => {
    event.preventDefault();
    const parsed = LoraChange.safeParse(changeOf(lora, text));
    setProblems(
      parsed.success ? [] : specProblems(parsed.error.issues).map(({ field, message }) => `${field}: ${message}`),
    );
    if (!parsed.success) return;
    change.mutate(
      { change: (loras) => loras.change(lora.id, parsed.data, { project }), done: "Saved" },
      { onSuccess: onClose },
    );
  };
  return (
    <Dialog
      title={`Edit ${lora.name}`}
      onClose={onClose}
      footer={
        <Button kind="primary" type="submit" form={form} icon="check" busy={change.isPending}>
          Save
        </Button>
      }
    >
      <form id={form} className="stack" onSubmit={save}>
        <TextField
          label="Trigger words"
          {...field("triggerWords")}
          hint="Parted by commas; the first is what prompts begin with."
        />
        <TextField label="Tags" {...field("tags")} hint="Parted by commas." />
        <TextField
          label="Also called"
          {...field("aliases")}
          hint="Names of its own in the project, by which prompts and specs find it."
        />
        <SelectField
          label="Family"
          choices={familiesFor(lora)}
          {...field("family")}
          hint="Where the file told nothing or the wrong one."
        />
        <TextArea label="Notes" rows={4} {...field("notes")} />
        {problems.length > 0 && (
          <Notice tone="red" title="This cannot be saved">
            {problems.map((problem) => (
              <p key={problem}>{problem}</p>
            ))}
          </Notice>
        )}
        {change.error && <ProblemNotice error={change.error} />}
      </form>
    </Dialog>
  );
}

function familiesFor({ family }: LoraView): [string, string][] {
  const known: readonly string[] = LoraFamily.options;
  return [...(known.includes(family) ? [] : [family]), ...known].map((each) => [each, each]);
}
