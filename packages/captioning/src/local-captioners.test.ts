import { runCaptionerSuite } from "@loramill/testkit";
import { describeCaptioner, simpleCaptioner } from "./local-captioners.ts";

runCaptionerSuite("describe", async () => ({ captioner: describeCaptioner, close: async () => {} }));
runCaptionerSuite("simple", async () => ({ captioner: simpleCaptioner, close: async () => {} }));
