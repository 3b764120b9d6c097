import { useEffect, useRef } from "react";

/** The end is what people look for, and browsers are slow with more. */
const SHOWN_CHARACTERS = 200_000;
/** Nearer to the end than this is at the end. */
const AT_END_PIXELS = 40;

/** A log that grows; followed as long as its end is in view. */
export function LogText({ text }: { readonly text: string }) {
  const ref = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const log = ref.current;
    if (log && text !== "" && isAtEnd.current) log.scrollTop = log.scrollHeight;
  }, [text]);
  return (
    <pre
      ref={ref}
      className="log"
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < AT_END_PIXELS;
      }}
    >
      {text.slice(-SHOWN_CHARACTERS)}
    </pre>
  );
}
