import { expect, test } from "vitest";
import { createProgressLine } from "./progress-line.ts";

function terminal(isTTY: boolean) {
  const written: string[] = [];
  const output = { isTTY, write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream;
  return { written, output };
}

test("a terminal sees one line, some times a second, and none of it afterwards", () => {
  const { written, output } = terminal(true);
  let now = 0;
  const line = createProgressLine(output, () => now);
  line.show("1 of 4 modules", 1, 4);
  now = 99;
  line.show("2 of 4 modules", 2, 4);
  now = 100;
  line.show("3 of 4 modules", 3, 4);
  line.end();
  line.end();
  expect(written).toEqual([
    expect.stringMatching(/^\r.*25 % 1 of 4 modules$/),
    expect.stringMatching(/75 % 3 of 4 modules$/),
    "\r\u001b[K",
  ]);
});

test("a pipe sees nothing", () => {
  const { written, output } = terminal(false);
  const line = createProgressLine(output);
  line.show("1 of 4 modules", 1, 4);
  line.end();
  expect(written).toEqual([]);
});
