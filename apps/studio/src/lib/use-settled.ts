import { useEffect, useState } from "react";

/** A text as it is once nobody has changed it for a while: what is typed is asked about when the typing pauses. */
export function useSettled(text: string, afterMs = 300): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), afterMs);
    return () => clearTimeout(timer);
  }, [text, afterMs]);
  return settled;
}
