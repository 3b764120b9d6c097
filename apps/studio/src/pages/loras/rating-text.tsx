import { Icon } from "../../ui/icon.tsx";
import styles from "./rating-text.module.css";

type Rating = { readonly average: number; readonly count: number } | null;

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
