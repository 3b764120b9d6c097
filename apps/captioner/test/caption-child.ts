import { type CaptionerOptions, openCaptioners } from "@loramill/backends";
import { openCatalog } from "@loramill/catalog";
import { CaptionStyle } from "@loramill/contracts";
import { openStores } from "@loramill/storage";
import { fakeJobContext } from "@loramill/testkit";
import { captionImages, openGates } from "../src/index.ts";

/**
 * Captions one part by the first of the captioners, in a process of its own so that it can be killed, within the limits
 * that it shares with others through the catalog: folder, part, the captioners' options as JSON, address of the database.
 */
const [folder = "", part = "", options = "{}", database = ""] = process.argv.slice(2);
const none: CaptionerOptions = { openai: null, ollama: null, huggingface: null, replicate: null, fuser: null };
const clock = { now: () => new Date() };
const silent = () => {};
const log = { debug: silent, info: silent, warn: silent, error: silent };
const stores = await openStores({ url: folder });
const catalog = openCatalog({ connection: database, clock, log });
const { all, close } = openCaptioners({ ...none, ...(JSON.parse(options) as Partial<CaptionerOptions>) }, { clock });
const captioners = all.map(({ captioner }) => captioner);
const params = { style: CaptionStyle.parse({}), provider: captioners[0]?.id ?? "" };
const gates = openGates(catalog.rateLimiter);
const deps = { stores, captioners, fuser: null, embedder: null, tokenCounters: [], gates };
const output = await captionImages({ part, params }, deps, fakeJobContext());
console.log(JSON.stringify(output));
await deps.gates.close();
await close();
await catalog.close();
await stores.close();
