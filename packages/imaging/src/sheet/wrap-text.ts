/** Lines of at most `width` letters, `most` of them; words that are longer are cut apart, and what is left over ends in "..". */
export function wrapText(text: string, width: number, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).flatMap((each) => cutWord(each, width))) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  if (lines.length <= most) return lines;
  const shown = lines.slice(0, most);
  shown[most - 1] = `${(shown[most - 1] ?? "").slice(0, width - 2)}..`;
  return shown;
}

function cutWord(word: string, width: number): string[] {
  const letters = [...word];
  const pieces = Math.ceil(letters.length / width);
  return Array.from({ length: pieces }, (_, at) => letters.slice(at * width, (at + 1) * width).join(""));
}
