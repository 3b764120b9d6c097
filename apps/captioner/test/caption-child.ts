import { openCaptioners } from "@loramill/backends";
import { CaptionStyle } from "@loramill/contracts";
import { openStores } from "@loramill/storage";
import { fakeJobContext } from "@loramill/testkit";
import { captionImages, openGates } from "../src/index.ts";

/** Captions one part by Replicate, in a process of its own so that it can be killed: folder, part, address. */
const [folder = "", part = "", url = ""] = process.argv.slice(2);
const stores = await openStores({ url: folder });
const replicate = {
  token: "r8_test",
  url,
  model: "andreasjansson/blip-2",
  timeoutMs: 60_000,
  concurrency: 16,
  requestsPerMinute: null,
  usdPerSecond: 0.001,
};
const none = { openai: null, ollama: null, huggingface: null, fuser: null };
const { all, close } = openCaptioners({ ...none, replicate }, { clock: { now: () => new Date() } });
const captioners = all.map(({ captioner }) => captioner);
const params = { style: CaptionStyle.parse({}), provider: captioners[0]?.id ?? "" };
const deps = { stores, captioners, fuser: null, embedder: null, tokenCounters: [], gates: openGates() };
const output = await captionImages({ part, params }, deps, fakeJobContext());
console.log(JSON.stringify(output));
await close();
await stores.close();
