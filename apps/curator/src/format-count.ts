/** `18,000`: of a page that reads the same wherever it is made. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}
