import { runCaptionerSuite } from "@loramill/testkit";
import { describeCaptioner, metadataCaptioner, sidecarCaptioner, simpleCaptioner } from "./local-captioners.ts";

const close = async () => {};
const content = { palette: [], background: null, keywords: ["boat", "sea"], title: "A boat at sea" };
const caption = { text: "a boat", origin: "a.txt" };

runCaptionerSuite("describe", async () => ({ captioner: describeCaptioner, close }));
runCaptionerSuite("simple", async () => ({ captioner: simpleCaptioner, close }));
runCaptionerSuite("metadata", async () => ({ captioner: metadataCaptioner, picture: { content }, close }));
runCaptionerSuite("sidecar", async () => ({ captioner: sidecarCaptioner, picture: { caption }, close }));
