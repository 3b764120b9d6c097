// Plain JavaScript on purpose: an old Node must be able to parse this file to say what is wrong.
const wanted = [22, 19];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < wanted[0] || (major === wanted[0] && minor < wanted[1])) {
  console.error(`Loramill needs Node ${wanted.join(".")} or newer; this is ${process.version} (${process.execPath}).`);
  console.error("`npm ci` brings a Node 24 into node_modules/.bin, and npm scripts use it: start through `npm run …`.");
  console.error("If it is not there, your platform has no such package or optional packages were left out:");
  console.error("run `npm ci --include=optional`, or install Node 24 yourself.");
  process.exit(1);
}
console.log(`Node ${process.version}`);
