import { Icon } from "../../ui/icon.tsx";
import styles from "./stars.module.css";

type Rating = { readonly average: number; readonly count: number } | null;

const STARS = [1, 2, 3, 4, 5] as const;

/** What people think of a LoRA, in a few characters; nothing before the first has rated it. */
export function RatingText({ rating }: { readonly rating: Rating }) {
  if (rating === null) return null;
  const people = `${rating.count} ${rating.count === 1 ? "rating" : "ratings"}`;
  return (
    <span className={styles.text} title={`${rating.average.toFixed(2)} of 5 stars, ${people}`}>
      <Icon name="star" />
      {rating.average.toFixed(1)}
    </span>
  );
}

/** Five stars to give; as many are full as were given on average. */
export function RateStars({
  rating,
  busy,
  onRate,
}: {
  readonly rating: Rating;
  readonly busy: boolean;
  readonly onRate: (stars: number) => void;
}) {
  const shown = Math.round(rating?.average ?? 0);
  return (
    <fieldset className={styles.stars} aria-label="Rating">
      {STARS.map((stars) => (
        <button
          key={stars}
          type="button"
          disabled={busy}
          aria-label={`${stars} ${stars === 1 ? "star" : "stars"}`}
          aria-pressed={shown === stars}
          data-full={stars <= shown}
          onClick={() => onRate(stars)}
        >
          <Icon name="star" />
        </button>
      ))}
    </fieldset>
  );
}
