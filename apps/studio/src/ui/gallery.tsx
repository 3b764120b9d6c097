import { type ReactNode, useState } from "react";
import { ButtonLink } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Picture } from "./picture.tsx";
import { StepThrough } from "./step-through.tsx";

export interface GalleryItem {
  readonly id: string;
  readonly url: string;
  readonly name: string;
  readonly mediaType?: string;
  /** One line below the small picture. */
  readonly caption?: string;
  /** Beside the large one. */
  readonly details?: ReactNode;
}

/** Small pictures; one of them large in a dialog, where arrow keys go on to the next. */
export function Gallery({
  items,
  onExpired,
}: {
  readonly items: readonly GalleryItem[];
  readonly onExpired?: () => void;
}) {
  const [openId, setOpenId] = useState<string | null>(null);
  const index = items.findIndex(({ id }) => id === openId);
  const open = items[index];
  return (
    <>
      <div className="gallery">
        {items.map((item) => (
          <button key={item.id} type="button" className="gallery-item" onClick={() => setOpenId(item.id)}>
            <Picture url={item.url} alt={item.name} mediaType={item.mediaType} onExpired={onExpired} />
            {item.caption && <span className="caption">{item.caption}</span>}
          </button>
        ))}
      </div>
      {open && (
        <Dialog
          wide
          title={open.name}
          onClose={() => setOpenId(null)}
          footer={
            <>
              <StepThrough
                index={index}
                count={items.length}
                onStep={(by) => setOpenId(items[index + by]?.id ?? null)}
              />
              <ButtonLink external href={open.url} icon="download" download={open.name}>
                Open file
              </ButtonLink>
            </>
          }
        >
          <Picture large url={open.url} alt={open.name} mediaType={open.mediaType} onExpired={onExpired} />
          {open.details}
        </Dialog>
      )}
    </>
  );
}
