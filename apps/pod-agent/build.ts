/** Bundles the agent into one file that plain Node >= 20 runs on a machine without node_modules. */
import { join } from "node:path";
import { build } from "esbuild";

const outfile = process.argv[2] ?? join(import.meta.dirname, "dist", "pod-agent.mjs");
await build({
  entryPoints: [join(import.meta.dirname, "src", "main.ts")],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  legalComments: "inline",
  // What is bundled of CommonJS asks for Node's own modules by require.
  banner: {
    js: '#!/usr/bin/env node\nimport { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);',
  },
});
console.log(`${outfile}: written`);
