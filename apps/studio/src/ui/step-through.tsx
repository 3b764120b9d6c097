import { useKeys } from "../lib/use-keys.ts";
import { Button } from "./button.tsx";

/**
 * Where one is among several that are looked at one by one, and the way to the one before and the next: by buttons, and by
 * arrow keys wherever the focus is. `onStep` is given -1 or 1.
 */
export function StepThrough({
  index,
  count,
  isOpenEnded = false,
  onStep,
}: {
  /** Of the one that is shown, from 0. */
  readonly index: number;
  readonly count: number;
  /** More follow than are known. */
  readonly isOpenEnded?: boolean;
  readonly onStep: (by: -1 | 1) => void;
}) {
  const isFirst = index === 0;
  const isLast = index === count - 1;
  useKeys({
    ArrowLeft: isFirst ? undefined : () => onStep(-1),
    ArrowRight: isLast ? undefined : () => onStep(1),
  });
  return (
    <>
      <span className="muted number">
        {index + 1} of {count}
        {isOpenEnded && "+"}
      </span>
      <Button icon="left" aria-label="Previous" disabled={isFirst} onClick={() => onStep(-1)} />
      <Button icon="right" aria-label="Next" disabled={isLast} onClick={() => onStep(1)} />
    </>
  );
}
