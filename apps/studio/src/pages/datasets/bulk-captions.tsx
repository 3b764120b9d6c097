import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { formatCount } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Segmented, TextField } from "../../ui/field.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { CaptionChanges } from "./caption-changes.tsx";
import { type ChangeKind, changeCaptions } from "./change-captions.ts";
import { listAllPictures } from "./list-all-pictures.ts";
import { type Dataset, useDerive } from "./use-dataset.ts";

/** Changes all captions at once, and shows each before and after it does. */
export function BulkCaptions({ dataset, onClose }: { readonly dataset: Dataset; readonly onClose: () => void }) {
  const client = useClient();
  const derive = useDerive(dataset.view.name);
  const [kind, setKind] = useState<string>("prefix");
  const [find, setFind] = useState("");
  const [text, setText] = useState("");
  const images = useQuery({
    queryKey: ["datasets", "all", dataset.view.digest],
    queryFn: ({ signal }) => listAllPictures(client, `${dataset.view.name}@${dataset.view.digest}`, signal),
  });
  const changes = changeCaptions(images.data ?? [], { kind: kind as ChangeKind, find, text });
  const apply = () =>
    derive.mutate(
      {
        change: { captions: Object.fromEntries(changes.map(({ path, after }) => [path, after])) },
        said: `${formatCount(changes.length)} captions changed: Versions takes it back`,
      },
      { onSuccess: onClose },
    );
  return (
    <Dialog
      wide
      title="Change all captions"
      onClose={onClose}
      footer={
        <Button kind="primary" disabled={changes.length === 0} busy={derive.isPending} onClick={apply}>
          {`Change ${formatCount(changes.length)}`}
        </Button>
      }
    >
      <Segmented
        label="What is done"
        value={kind}
        onChange={setKind}
        choices={[
          ["prefix", "Put before"],
          ["suffix", "Put behind"],
          ["replace", "Replace"],
          ["remove", "Take away"],
        ]}
      />
      {kind === "replace" && (
        <TextField label="Words to replace" value={find} onChange={setFind} hint="As they stand, in every caption." />
      )}
      {kind !== "remove" && (
        <TextField
          label={kind === "replace" ? "By" : "Words"}
          value={text}
          onChange={setText}
          placeholder={kind === "prefix" ? "sks dog" : ""}
          hint={kind === "prefix" ? "Such as a trigger word; captions that begin with it stay as they are." : undefined}
        />
      )}
      <Loaded query={images}>
        {() =>
          changes.length === 0 ? (
            <p className="muted">No caption would change.</p>
          ) : (
            <>
              <p className="muted">{formatCount(changes.length)} captions would change, as one new version:</p>
              <CaptionChanges changes={changes} />
            </>
          )
        }
      </Loaded>
    </Dialog>
  );
}
