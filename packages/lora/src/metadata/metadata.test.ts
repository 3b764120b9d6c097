import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readKohyaMetadata, writeKohyaMetadata } from "./kohya-metadata.ts";
import { missingModelSpec, readModelSpec, writeModelSpec } from "./model-spec.ts";
import { privateMetadata } from "./privacy.ts";
import { tagFrequencies } from "./training-tags.ts";
import { triggerWords } from "./trigger-words.ts";

const mapOf = (metadata: Readonly<Record<string, string>>) => new Map(Object.entries(metadata));

describe("readKohyaMetadata", () => {
  it("reads numbers, flags, texts and JSON, and leaves out what is None or something else", () => {
    const metadata = mapOf({
      ss_network_dim: "32",
      ss_network_alpha: "Dynamic",
      ss_network_args: '{"conv_dim": "8"}',
      ss_v2: "False",
      ss_unet_lr: "1e-4",
      ss_vae_name: "None",
      ss_full_fp16: "yes",
      ss_bucket_info: "{",
      ss_seed: "",
    });
    expect(readKohyaMetadata(metadata)).toEqual({
      network_dim: 32,
      network_args: { conv_dim: "8" },
      v2: false,
      unet_lr: 1e-4,
    });
  });

  it("reads back what was written", () => {
    const values = fc.record({
      network_dim: fc.integer(),
      learning_rate: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
      v2: fc.boolean(),
      tag_frequency: fc
        .dictionary(fc.string(), fc.dictionary(fc.string(), fc.nat()))
        .map((v) => JSON.parse(JSON.stringify(v))),
      output_name: fc.string().filter((text) => text !== "None"),
    });
    fc.assert(
      fc.property(values, (written) => {
        expect(readKohyaMetadata(mapOf(writeKohyaMetadata(written)))).toEqual(written);
      }),
    );
  });
});

describe("ModelSpec", () => {
  const spec = {
    architecture: "flux-1-dev/lora",
    implementation: "diffusers",
    title: "my dog",
    resolution: "1024x1024",
  };

  it("is written with its version and read back", () => {
    const metadata = writeModelSpec({ ...spec, trigger_phrase: "sks dog", license: "CC-BY-4.0" });
    expect(metadata["modelspec.sai_model_spec"]).toBe("1.0.1");
    expect(readModelSpec(mapOf(metadata))).toEqual({
      ...spec,
      sai_model_spec: "1.0.1",
      trigger_phrase: "sks dog",
      license: "CC-BY-4.0",
    });
  });

  it("names what a file lacks of the required fields", () => {
    expect(missingModelSpec({ ...spec, sai_model_spec: "1.0.1" })).toEqual([]);
    expect(missingModelSpec({ title: "x" })).toEqual([
      "sai_model_spec",
      "architecture",
      "implementation",
      "resolution",
    ]);
  });
});

const trained = mapOf({
  ss_tag_frequency: JSON.stringify({ "10_sks dog": { "sks dog": 12, grass: 5 }, "3_reg": { grass: 2 } }),
  ss_dataset_dirs: JSON.stringify({
    "10_sks dog": { n_repeats: 10, img_count: 12 },
    "3_reg": { n_repeats: 3, img_count: 9 },
  }),
});

describe("tagFrequencies", () => {
  it("adds up the folders, the most frequent tag first", () => {
    expect(tagFrequencies(trained)).toEqual([
      { tag: "sks dog", count: 12 },
      { tag: "grass", count: 7 },
    ]);
  });

  it("reads the newer form, one object per dataset", () => {
    const subsets = [{ image_dir: "/home/someone/10_cat", img_count: 4 }];
    const datasets = [{ subsets, tag_frequency: { "10_cat": { ohwx: 4, sofa: 1, broken: "x" } } }, 7, null];
    const metadata = mapOf({ ss_datasets: JSON.stringify(datasets) });
    expect(tagFrequencies(metadata)[0]).toEqual({ tag: "ohwx", count: 4 });
    expect(triggerWords(metadata)).toEqual([
      { word: "cat", from: "folder" },
      { word: "ohwx", from: "tag in every caption" },
    ]);
  });

  it.each(["[]", "7", "{", '{"a":[1]}', '{"a":null}'])("answers nothing for %s", (text) => {
    expect(tagFrequencies(mapOf({ ss_tag_frequency: text, ss_datasets: text }))).toEqual([]);
  });
});

describe("triggerWords", () => {
  it("believes what is said before what can be guessed, and names each word once", () => {
    const said = new Map([...trained, ["modelspec.trigger_phrase", "SKS dog"], ["loramill.trigger_word", "zwx"]]);
    expect(triggerWords(said)).toEqual([
      { word: "zwx", from: "loramill.trigger_word" },
      { word: "SKS dog", from: "modelspec.trigger_phrase" },
      { word: "reg", from: "folder" },
    ]);
  });
});

describe("privateMetadata", () => {
  it("keeps what loads and names the file, and lists what it removed", () => {
    const metadata = new Map([
      ...trained,
      ["ss_network_dim", "8"],
      ["ss_sd_model_name", "/home/someone/model.safetensors"],
      ["modelspec.title", "my dog"],
      ["modelspec.author", "someone"],
      ["loramill.recipe", "{}"],
      ["unknown", "x"],
    ]);
    expect(privateMetadata(metadata)).toEqual({
      kept: { ss_network_dim: "8", "modelspec.title": "my dog" },
      removed: [
        "loramill.recipe",
        "modelspec.author",
        "ss_dataset_dirs",
        "ss_sd_model_name",
        "ss_tag_frequency",
        "unknown",
      ],
    });
  });
});
