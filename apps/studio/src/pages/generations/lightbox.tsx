import type { GenerationSummary } from "@loramill/contracts";
import { ButtonLink } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Picture } from "../../ui/picture.tsx";
import { StepThrough } from "../../ui/step-through.tsx";
import { GenerationActions } from "./generation-actions.tsx";
import { GenerationFacts } from "./generation-facts.tsx";
import styles from "./lightbox.module.css";
import { StarRating } from "./star-rating.tsx";

/** One picture or clip large, with how it was made. Arrow keys go on to the next, 1 to 5 rate it. */
export function Lightbox({
  items,
  open,
  onOpen,
  onExpired,
}: {
  readonly items: readonly GenerationSummary[];
  /** Its id; null: the lightbox is closed. */
  readonly open: string | null;
  readonly onOpen: (id: string | null) => void;
  readonly onExpired: () => void;
}) {
  const index = items.findIndex(({ id }) => id === open);
  const current = items[index];
  if (current === undefined) return null;
  return (
    <Dialog
      wide
      title={current.prompt || current.kind}
      onClose={() => onOpen(null)}
      footer={
        <>
          <StepThrough index={index} count={items.length} onStep={(by) => onOpen(items[index + by]?.id ?? null)} />
          <ButtonLink href={`/generations/${current.id}`}>Its page</ButtonLink>
        </>
      }
    >
      <div className={styles.lightbox}>
        <Picture
          key={current.id}
          large
          url={current.file.url}
          alt={current.prompt || current.kind}
          mediaType={current.file.mediaType}
          onExpired={onExpired}
        />
        <div className="stack">
          <StarRating key={current.id} generation={current} keys />
          <GenerationFacts generation={current} />
          <GenerationActions generation={current} />
        </div>
      </div>
    </Dialog>
  );
}
