// Checks that npm scripts run a Node that can run TypeScript. Plain JavaScript on purpose: an old Node must be able to
// parse this file to say what is wrong. `--quiet` says nothing when all is well.
//
// npm 10 installs the Node of this platform but loses its link in node_modules/.bin: it cleans up the packages of other
// platforms, which carry a link of the same name. The link is put back here; commands after this one then find it.
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const oldest = [22, 19];
const modules = join(dirname(fileURLToPath(import.meta.url)), "..", "node_modules");
const link = join(modules, ".bin", "node");

/** Puts the link back if it is gone and this platform's Node is installed; returns that Node's version. */
function restoreLink() {
  const platform = `${process.platform}-${process.arch}`;
  const name = [`node-${platform}`, `node-bin-${platform}`].find((each) =>
    existsSync(join(modules, each, "bin", "node")),
  );
  if (!name || existsSync(link)) return undefined;
  mkdirSync(dirname(link), { recursive: true });
  if (lstatSync(link, { throwIfNoEntry: false })) unlinkSync(link);
  symlinkSync(join("..", name, "bin", "node"), link);
  return JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8")).version;
}

const version = restoreLink() ?? process.versions.node;
const [major = 0, minor = 0] = version.split(".").map(Number);

if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  console.error(`Loramill needs Node ${oldest.join(".")} or newer; this is ${version} (${process.execPath}).`);
  console.error("`npm ci` brings a Node 24 into node_modules/.bin, and npm scripts use it: start through `npm run …`.");
  console.error("If it is not there, optional packages were left out or your platform has none: run");
  console.error("`npm ci --include=optional`, or install Node 24 yourself.");
  process.exitCode = 1;
} else if (!process.argv.includes("--quiet")) {
  console.log(`Node ${version}`);
}
