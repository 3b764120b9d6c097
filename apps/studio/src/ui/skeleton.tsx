/** Stands where text will be, as long as it is on its way. */
export function SkeletonLines({ lines = 4 }: { readonly lines?: number }) {
  return (
    <div className="skeleton-lines" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <span key={`${line + 1}`} className="skeleton" style={{ width: `${95 - ((line * 17) % 40)}%` }} />
      ))}
    </div>
  );
}
