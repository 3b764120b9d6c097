import { classNames } from "../lib/class-names.ts";
import { Icon } from "./icon.tsx";
import styles from "./stars.module.css";

/** What can be given. */
export const STARS = [1, 2, 3, 4, 5] as const;

/** Five stars to give, of which the first `given` are full; 0: none yet. */
export function Stars({
  given,
  disabled = false,
  onGive,
}: {
  readonly given: number;
  readonly disabled?: boolean;
  readonly onGive: (stars: number) => void;
}) {
  return (
    <fieldset className={styles.stars} aria-label="Rating">
      {STARS.map((stars) => (
        <button
          key={stars}
          type="button"
          disabled={disabled}
          className={classNames(styles.star, stars <= given && styles.full)}
          aria-pressed={stars === given}
          aria-label={`${stars} ${stars === 1 ? "star" : "stars"}`}
          onClick={() => onGive(stars)}
        >
          <Icon name="star" />
        </button>
      ))}
    </fieldset>
  );
}
