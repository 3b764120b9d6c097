import type { GenerationSummary } from "@loramill/contracts";
import { Icon } from "../../ui/icon.tsx";
import { Picture } from "../../ui/picture.tsx";
import styles from "./thumbnail.module.css";

/** A small picture or clip with its stars, which opens large. */
export function Thumbnail({
  generation,
  caption,
  onOpen,
  onExpired,
}: {
  readonly generation: GenerationSummary;
  readonly caption?: string;
  readonly onOpen: (id: string) => void;
  readonly onExpired: () => void;
}) {
  const { id, prompt, kind, seed, file, stars } = generation;
  return (
    <button
      type="button"
      className="gallery-item"
      aria-label={`${prompt || kind}, seed ${seed}`}
      onClick={() => onOpen(id)}
    >
      <span className={styles.frame}>
        <Picture url={file.url} alt={prompt || kind} mediaType={file.mediaType} onExpired={onExpired} />
        {stars && (
          <span className={styles.stars}>
            <Icon name="star" />
            {Number.isInteger(stars.mean) ? stars.mean : stars.mean.toFixed(1)}
          </span>
        )}
      </span>
      {caption && <span className="caption">{caption}</span>}
    </button>
  );
}
