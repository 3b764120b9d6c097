import { formatAgo } from "../lib/format.ts";
import { useNow } from "../lib/use-now.ts";

/** How long ago it was; the moment itself, in the reader's time, where the pointer rests. Nothing for null. */
export function TimeAgo({ at }: { readonly at: string | null }) {
  const now = useNow(5_000);
  if (at === null) return null;
  const moment = new Date(at);
  return (
    <time className="nowrap" dateTime={at} title={moment.toLocaleString()}>
      {formatAgo(moment, now)}
    </time>
  );
}
