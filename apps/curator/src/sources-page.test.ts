import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { RunSpec, Source } from "@loramill/contracts";
import { expect, it } from "vitest";
import { parse } from "yaml";

const page = await readFile(join(import.meta.dirname, "../../../docs/sources.md"), "utf8");
const examples = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = ""]) => text);

it("is documented with examples that are specs, for every type of source", () => {
  const used = examples.flatMap((text) => RunSpec.parse(parse(text)).dataset.sources.map(({ type }) => type));
  const types = Source.options.map((option) => option.shape.type.value);
  expect([...new Set(used)].sort()).toEqual(types.filter((type) => type !== "upload").sort());
  for (const type of types) expect(page).toMatch(new RegExp(`^\\| \`${type}\` \\|`, "m"));
});
