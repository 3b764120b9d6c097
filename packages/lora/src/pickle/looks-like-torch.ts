/**
 * Whether a file is to be read as PyTorch's, whatever it is called: a zip archive, or a pickle. A length of 640 bytes and
 * the like begins as a pickle does, so what follows it decides: the brace of a safetensors header. `head`: 9 bytes or more.
 */
export function looksLikeTorch(head: Uint8Array): boolean {
  if (head[8] === 0x7b) return false;
  const isZip = head[0] === 0x50 && head[1] === 0x4b;
  const isPickle = head[0] === 0x80 && (head[1] ?? 0) <= 5;
  return isZip || isPickle;
}
