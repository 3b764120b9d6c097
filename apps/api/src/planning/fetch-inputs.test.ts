import { type RunSpec, RunSpec as Spec, sha256Hex, UserError } from "@loramill/contracts";
import { expect, it } from "vitest";
import { fetchInputs } from "./fetch-inputs.ts";

const specOf = (generate: object): RunSpec => Spec.parse({ name: "x", generate: { prompts: ["p"], ...generate } });

/** A web server on which every address holds its own name, and one that counts. */
function server() {
  const asked: { url: string; mediaType: string }[] = [];
  const fetch = async (url: string, { mediaType }: { readonly mediaType: string }) => {
    asked.push({ url, mediaType });
    if (url.includes("secret-place")) throw new UserError("it leads to a private network", { code: "url-refused" });
    return { sha256: sha256Hex(url), bytes: 1, mediaType };
  };
  return { asked, limits: { fetcher: { fetch }, maxBytes: 1_000 } };
}
const digestOf = (url: string) => `sha256:${sha256Hex(url)}`;

it("names what addresses hold by its content, wherever they are in a request, each fetched once", async () => {
  const { asked, limits } = server();
  const [image, mask, pose, other] = ["a.png?key=1", "mask", "pose.jpg", "b.webp"].map(
    (name) => `https://host/${name}`,
  );
  const request = {
    kind: "inpaint",
    image,
    mask,
    controls: [{ image: pose }, { image: pose }],
    imagePrompts: [{ image: digestOf("stored") }],
  };
  const { spec, notes } = await fetchInputs(specOf({ request, vary: { image: [image, other] } }), limits);
  expect(spec.generate?.request).toMatchObject({
    image: digestOf(`${image}`),
    mask: digestOf(`${mask}`),
    controls: [{ image: digestOf(`${pose}`) }, { image: digestOf(`${pose}`) }],
    imagePrompts: [{ image: digestOf("stored") }],
  });
  expect(spec.generate?.vary).toEqual({ image: [digestOf(`${image}`), digestOf(`${other}`)] });
  expect(asked.map(({ mediaType }) => mediaType)).toEqual([
    "image/png",
    "application/octet-stream",
    "image/jpeg",
    "image/webp",
  ]);
  expect(notes).toHaveLength(4);
  expect(notes[0]).toBe(`generate.request: https://host/a.png was ${digestOf(`${image}`)} when it was planned`);
});

it("leaves alone what names no address, and prompts that do", async () => {
  const spec = specOf({ prompts: ["see https://host/a.png"], request: { kind: "text-to-image" } });
  const { asked, limits } = server();
  expect(await fetchInputs(spec, limits)).toEqual({ spec, notes: [] });
  expect(asked).toEqual([]);
});

it("refuses what cannot be had by its address, without the query that may be a signature", async () => {
  const { limits } = server();
  const image = "https://me:word@secret-place/a.png?signature=abc";
  const refused = fetchInputs(specOf({ request: { kind: "image-to-image", image } }), limits);
  await expect(refused).rejects.toMatchObject({
    code: "url-refused",
    details: { field: "generate.request" },
    message: "generate.request: https://secret-place/a.png: it leads to a private network",
  });
  const many = Array.from({ length: 300 }, (_, at) => `https://host/${at}.png`);
  const request = { kind: "image-to-image", image: many[0] };
  await expect(fetchInputs(specOf({ request, vary: { image: many } }), limits)).rejects.toMatchObject({
    code: "too-many-inputs",
  });
});
