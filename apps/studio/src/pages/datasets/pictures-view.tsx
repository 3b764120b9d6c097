import { useState } from "react";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Segmented } from "../../ui/field.tsx";
import { Paged } from "../../ui/paged.tsx";
import { SearchBox } from "../../ui/search-box.tsx";
import { BulkCaptions } from "./bulk-captions.tsx";
import { PictureDialog } from "./picture-dialog.tsx";
import { PictureGrid } from "./picture-grid.tsx";
import styles from "./pictures-view.module.css";
import { type Dataset, useDerive } from "./use-dataset.ts";
import { type PictureFilter, usePictures } from "./use-pictures.ts";

/** The pictures of a version: found, looked at, captioned, and marked to be dropped together. */
export function PicturesView({ dataset }: { readonly dataset: Dataset }) {
  const [captioned, setCaptioned] = useSearchState("captioned");
  const [text, setText] = useSearchState("text");
  const [openPath, setOpenPath] = useState<string | null>(null);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [isBulk, setBulk] = useState(false);
  const pictures = usePictures(dataset.dataset, filterOf(captioned, text));
  const derive = useDerive(dataset.view.name);
  const { existing } = dataset.view.statistics.captions;
  const { kept } = dataset.view.statistics;

  const mark = (path: string) => {
    if (!dataset.isNewest) return;
    const next = new Set(marked);
    if (!next.delete(path)) next.add(path);
    setMarked(next);
  };
  const drop = () =>
    derive.mutate(
      { change: { drop: [...marked] }, said: `Dropped ${count(marked.size)}: Versions takes it back` },
      { onSuccess: () => setMarked(new Set()) },
    );
  return (
    <div className="stack">
      <div className="spread">
        <div className="row">
          <Segmented
            label="Captions"
            value={captioned}
            onChange={setCaptioned}
            choices={[
              ["", `All ${kept}`],
              ["yes", `Captioned ${existing}`],
              ["no", `Without ${kept - existing}`],
            ]}
          />
          <SearchBox label="Find in names and captions" value={text} onChange={setText} />
        </div>
        {dataset.isNewest && (
          <Button icon="edit" onClick={() => setBulk(true)}>
            Change all captions
          </Button>
        )}
      </div>
      {marked.size > 0 && (
        <div className={styles.marked} role="status">
          <strong>{count(marked.size)} marked</strong>
          <Button small kind="danger" icon="trash" busy={derive.isPending} onClick={drop}>
            Drop
          </Button>
          <Button small kind="plain" onClick={() => setMarked(new Set())}>
            Unmark
          </Button>
        </div>
      )}
      <Paged
        ahead
        pages={pictures}
        empty={
          <Empty icon="search" title="No picture is like that">
            Others are: choose all captions, and clear what is looked for.
          </Empty>
        }
      >
        {(items) => (
          <PictureGrid pictures={items} marked={marked} onOpen={setOpenPath} onMark={mark} onExpired={pictures.renew} />
        )}
      </Paged>
      {openPath !== null && (
        <PictureDialog
          dataset={dataset}
          pictures={pictures}
          path={openPath}
          marked={marked}
          onMark={mark}
          onOpen={setOpenPath}
          onClose={() => setOpenPath(null)}
        />
      )}
      {isBulk && <BulkCaptions dataset={dataset} onClose={() => setBulk(false)} />}
    </div>
  );
}

const count = (pictures: number): string => `${pictures} ${pictures === 1 ? "picture" : "pictures"}`;

const filterOf = (captioned: string, text: string): PictureFilter => ({
  ...(captioned === "" ? {} : { captioned: captioned === "yes" }),
  ...(text === "" ? {} : { text }),
});
