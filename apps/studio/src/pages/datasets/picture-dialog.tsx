import { formatBytes } from "../../lib/format.ts";
import { useKeys } from "../../lib/use-keys.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { DigestText } from "../../ui/digest-text.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Picture } from "../../ui/picture.tsx";
import { StepThrough } from "../../ui/step-through.tsx";
import { CaptionEditor } from "./caption-editor.tsx";
import { CaptionVersions } from "./caption-versions.tsx";
import styles from "./picture-dialog.module.css";
import type { Dataset } from "./use-dataset.ts";
import type { Pictures, ShownPicture } from "./use-pictures.ts";
import { useRemovals } from "./use-removals.ts";

/** Those that follow are fetched when as few are left. */
const FETCH_AHEAD = 8;

/** One picture large, with its caption, its figures and its look-alikes. Arrows go on, Enter writes, x marks. */
export function PictureDialog({
  dataset,
  pictures,
  path,
  marked,
  onMark,
  onOpen,
  onClose,
}: {
  readonly dataset: Dataset;
  readonly pictures: Pictures;
  readonly path: string;
  readonly marked: ReadonlySet<string>;
  readonly onMark: (path: string) => void;
  readonly onOpen: (path: string) => void;
  readonly onClose: () => void;
}) {
  const { items } = pictures;
  const at = items.findIndex((item) => item.path === path);
  const picture = items[at];
  const step = (by: number) => {
    const next = items[at + by];
    if (next) onOpen(next.path);
    if (pictures.hasNextPage && at + by > items.length - FETCH_AHEAD) pictures.more();
  };
  useKeys({
    Enter: () => document.getElementById(CAPTION_ID)?.focus(),
    x: () => onMark(path),
  });
  // It was dropped, or a new caption puts it outside of the filter.
  if (picture === undefined) return null;
  const isMarked = marked.has(path);
  return (
    <Dialog
      wide
      title={path}
      onClose={onClose}
      footer={
        <>
          <StepThrough index={at} count={items.length} isOpenEnded={pictures.hasNextPage} onStep={step} />
          <ButtonLink external href={picture.url} icon="download" download={path}>
            Open file
          </ButtonLink>
          {dataset.isNewest && (
            <Button kind="danger" icon={isMarked ? "reuse" : "trash"} onClick={() => onMark(path)}>
              {isMarked ? "Keep after all" : "Mark to drop"}
            </Button>
          )}
        </>
      }
    >
      <div className={styles.halves}>
        <Picture large url={picture.url} alt={path} onExpired={pictures.renew} />
        <div className="stack">
          {isMarked && <Badge tone="red">marked to be dropped</Badge>}
          <CaptionEditor key={path} id={CAPTION_ID} dataset={dataset} picture={picture} />
          <CaptionVersions dataset={dataset} picture={picture} />
          <PictureFacts picture={picture} />
          <LookAlikes dataset={dataset} picture={picture} />
        </div>
      </div>
    </Dialog>
  );
}

const CAPTION_ID = "picture-caption";

function PictureFacts({ picture }: { readonly picture: ShownPicture }) {
  const { original, quality } = picture;
  return (
    <Facts
      facts={[
        ["Prepared", `${picture.width} × ${picture.height}, ${formatBytes(picture.bytes)}`],
        ["Original", `${original.width} × ${original.height}, ${original.format}, ${formatBytes(original.bytes)}`],
        ["In an epoch", picture.repeats === 1 ? "once" : `${picture.repeats} times`],
        ["Sharpness", quality.sharpness.toFixed(2)],
        ["Brightness", `${Math.round(quality.brightness)} of 255, spread over ${Math.round(quality.contrast)}`],
        ["Colourfulness", quality.colourfulness.toFixed(0)],
        ["Detail", quality.detail?.toFixed(2)],
        ["Entropy", `${quality.entropyBits.toFixed(1)} bits`],
        ["Faces", picture.faces],
        ["SHA-256", <DigestText key="sha256" digest={picture.image} />],
      ]}
    />
  );
}

function LookAlikes({ dataset, picture }: { readonly dataset: Dataset; readonly picture: ShownPicture }) {
  const removals = useRemovals(dataset);
  const alike = removals.items.filter(({ keptInstead }) => keptInstead === picture.path);
  if (alike.length === 0) return null;
  return (
    <div className="stack-tight">
      <h3>Left out in its favour</h3>
      <div className={styles.alike}>
        {alike.map(({ path, message, thumbnailUrl }) => (
          <figure key={path} title={`${path}: ${message}`}>
            <Picture url={thumbnailUrl} alt={path} onExpired={removals.renew} />
            <figcaption className="muted">{message}</figcaption>
          </figure>
        ))}
      </div>
    </div>
  );
}
