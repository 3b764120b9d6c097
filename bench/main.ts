import { globSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Bench, Figures } from "./harness.ts";
import { brokenPromises, format, promises } from "./promises.ts";

/** `npm run bench -- [names…] [--check] [--json] [--seeds 100]`: a table for people, or one object `{bench: {figure: number}}`. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    seeds: { type: "string" },
  },
});
const known = globSync("*.bench.ts", { cwd: import.meta.dirname })
  .map((file) => file.replace(/\.bench\.ts$/, ""))
  .sort();
const wanted = positionals.length === 0 ? known : positionals;
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`no bench named ${unknown.join(", ")}; there are: ${known.join(", ")}`);
  process.exit(2);
}

const seeds = values.seeds === undefined ? undefined : Number(values.seeds);
if (seeds !== undefined && !(Number.isInteger(seeds) && seeds > 0)) {
  console.error(`--seeds ${values.seeds} is no number of seeds`);
  process.exit(2);
}

const measured: Record<string, Figures> = {};
for (const name of wanted) {
  const { bench } = (await import(`./${name}.bench.ts`)) as { bench: Bench };
  console.error(`${name} …`);
  const started = performance.now();
  const figures = await bench.run(seeds === undefined ? {} : { seeds });
  // A bench without what it needs has said so and measured nothing.
  if (Object.keys(figures).length > 0) measured[name] = figures;
  console.error(`${name} took ${Math.round((performance.now() - started) / 1_000)} s`);
}

if (values.json) console.log(JSON.stringify(measured));
else printTable(measured);

if (values.check) {
  const broken = brokenPromises(measured);
  for (const line of broken) console.error(`BROKEN ${line}`);
  if (broken.length > 0) process.exitCode = 1;
  else console.error("every promise about these benches is kept");
}

function printTable(figures: Readonly<Record<string, Figures>>): void {
  const rows = Object.entries(figures).flatMap(([bench, each]) =>
    Object.entries(each).map(([figure, value]) => {
      const promise = promises.find((candidate) => candidate.figure === `${bench}.${figure}`);
      const bound = promise === undefined ? "" : "atLeast" in promise ? `≥ ${promise.atLeast}` : `≤ ${promise.atMost}`;
      return [`${bench}.${figure}`, format(value), bound] as const;
    }),
  );
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  for (const [figure, value, bound] of rows) {
    console.log(`${figure.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)}  ${bound}`.trimEnd());
  }
}
