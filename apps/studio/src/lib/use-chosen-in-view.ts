import { type RefObject, useEffect, useRef } from "react";

/**
 * For a box that scrolls sideways in a narrow window: brings what is chosen in it (`aria-selected` or `aria-pressed`) to its
 * middle when it is out of sight, as often as `chosen` changes: its name, with all that may move it. The page itself stays
 * where it is.
 */
export function useChosenInView(chosen: string | null | undefined): RefObject<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const item = box.current?.querySelector('[aria-selected="true"], [aria-pressed="true"]');
    if (chosen === undefined || !box.current || !item) return;
    const [outer, inner] = [box.current.getBoundingClientRect(), item.getBoundingClientRect()];
    if (inner.left >= outer.left && inner.right <= outer.right) return;
    box.current.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
  }, [chosen]);
  return box;
}
