/** Files as the named tools write them, by the grammar of each and not by our own writers. */
import { crc32, deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readProvenance, readProvenanceTexts } from "./read-provenance.ts";

const IHDR = Buffer.from("00000001000000010802000000", "hex");

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([head, named, sum]);
}

/** A PNG file of one pixel; `behind` puts the texts behind the pixels. */
function png(texts: readonly Buffer[], behind = false): Buffer {
  const pixels = chunk("IDAT", deflateSync(Buffer.alloc(4)));
  const middle = behind ? [pixels, ...texts] : [...texts, pixels];
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", IHDR),
    ...middle,
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
const tEXt = (keyword: string, text: string) => chunk("tEXt", Buffer.from(`${keyword}\0${text}`, "latin1"));
const iTXt = (keyword: string, text: string) => chunk("iTXt", Buffer.from(`${keyword}\0\0\0\0\0${text}`, "utf8"));
const zTXt = (keyword: string, text: string) =>
  chunk("zTXt", Buffer.concat([Buffer.from(`${keyword}\0\0`, "latin1"), deflateSync(Buffer.from(text, "latin1"))]));

/** A TIFF block with one tag in the directory of EXIF, in either byte order. */
function exif(tag: number, type: number, data: Buffer, little: boolean, inFirst = false): Buffer {
  const u16 = (value: number) => (little ? Buffer.of(value & 255, value >> 8) : Buffer.of(value >> 8, value & 255));
  const u32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    if (little) bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    return bytes;
  };
  const head = Buffer.concat([Buffer.from(little ? "II" : "MM"), u16(42), u32(8)]);
  const directory = (row: Buffer) => Buffer.concat([u16(1), row, u32(0)]);
  const row = (at: number) => Buffer.concat([u16(tag), u16(type), u32(data.length), u32(at)]);
  if (inFirst) return Buffer.concat([head, directory(row(26)), data]);
  const pointer = Buffer.concat([u16(0x8769), u16(4), u32(1), u32(26)]);
  return Buffer.concat([head, directory(pointer), directory(row(44)), data]);
}

/** A JPEG file of segments alone, which is all that is looked at. */
function jpeg(tiff: Buffer): Buffer {
  const data = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(data.length + 2);
  return Buffer.concat([Buffer.of(0xff, 0xd8, 0xff, 0xe1), length, data, Buffer.of(0xff, 0xda, 0, 2, 0xff, 0xd9)]);
}

function webp(tiff: Buffer): Buffer {
  const riff = (type: string, data: Buffer) => {
    const head = Buffer.alloc(8);
    head.write(type, "latin1");
    head.writeUInt32LE(data.length, 4);
    return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
  };
  const body = Buffer.concat([
    Buffer.from("WEBP"),
    riff("VP8X", Buffer.from("08000000000000000000", "hex")),
    riff("EXIF", tiff),
  ]);
  const head = Buffer.alloc(8);
  head.write("RIFF", "latin1");
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}

const utf16 = (text: string, little: boolean) =>
  little ? Buffer.from(text, "utf16le") : Buffer.from(text, "utf16le").swap16();

const A1111 = [
  "portrait of a woman, (freckles:1.2), <lora:add_detail:0.6> [blurry], BREAK",
  "Steps: are not settings here <lora:ink wash:0.5:0.3>",
  "Negative prompt: lowres, bad hands,",
  "watermark: any",
  'Steps: 20, Sampler: DPM++ 2M SDE, Schedule type: Karras, CFG scale: 7, Seed: 1234567890, Size: 512x768, Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, VAE hash: 735e4c3a44, VAE: vae-ft-mse-840000-ema-pruned.safetensors, Denoising strength: 0.45, Clip skip: 2, Hires upscale: 2, Hires upscaler: Latent, Lora hashes: "add_detail: 7c6bad76eb54, ink wash: 0e1a2b3c4d5e", TI hashes: "easynegative: c74b4e810b03", Hashes: {"model":"6ce0161689","lora:add_detail":"7c6bad76eb54"}, Template: "a {b|c}, \\"d\\": e", Version: v1.10.1',
].join("\n");
const a1111 = {
  tool: "a1111",
  prompt: "portrait of a woman, (freckles:1.2), [blurry], BREAK\nSteps: are not settings here",
  negativePrompt: "lowres, bad hands,\nwatermark: any",
  settings: {
    seed: "1234567890",
    steps: 20,
    guidance: 7,
    sampler: "DPM++ 2M SDE",
    scheduler: "Karras",
    width: 512,
    height: 768,
    denoisingStrength: 0.45,
    clipSkip: 2,
  },
  model: { name: "v1-5-pruned-emaonly", hash: "6ce0161689" },
  loras: [
    { name: "add_detail", weight: 0.6, hash: "7c6bad76eb54" },
    { name: "ink wash", weight: 0.5, hash: "0e1a2b3c4d5e" },
  ],
  other: {
    "VAE hash": "735e4c3a44",
    VAE: "vae-ft-mse-840000-ema-pruned.safetensors",
    "Hires upscale": "2",
    "Hires upscaler": "Latent",
    "TI hashes": "easynegative: c74b4e810b03",
    Template: 'a {b|c}, "d": e',
    Version: "v1.10.1",
  },
};

describe("AUTOMATIC1111's text", () => {
  it.each([
    ["a PNG file", png([tEXt("parameters", A1111)])],
    ["a PNG file, behind the pixels", png([tEXt("parameters", A1111)], true)],
    ["a PNG file, packed", png([zTXt("parameters", A1111)])],
    [
      "a PNG file's EXIF",
      png([chunk("eXIf", exif(0x9286, 7, Buffer.concat([Buffer.from("UNICODE\0"), utf16(A1111, false)]), false))]),
    ],
    ["a JPEG file", jpeg(exif(0x9286, 7, Buffer.concat([Buffer.from("UNICODE\0"), utf16(A1111, false)]), false))],
    ["a WebP file", webp(exif(0x9286, 7, Buffer.concat([Buffer.from("UNICODE\0"), utf16(A1111, false)]), false))],
    [
      "UTF-16 with the low byte first",
      jpeg(exif(0x9286, 7, Buffer.concat([Buffer.from("UNICODE\0"), utf16(A1111, true)]), true)),
    ],
    [
      "UTF-16 with a mark of its order",
      jpeg(exif(0x9286, 7, Buffer.concat([Buffer.from("UNICODE\0"), utf16(`\ufeff${A1111}`, true)]), true)),
    ],
    ["ASCII", jpeg(exif(0x9286, 7, Buffer.from(`ASCII\0\0\0${A1111}`), true))],
    ["UTF-8 without a name", jpeg(exif(0x9286, 7, Buffer.from(`\0\0\0\0\0\0\0\0${A1111}\0\0`), true))],
    ["nothing before it", jpeg(exif(0x9286, 2, Buffer.from(A1111), true))],
  ])("is read from %s", (_where, bytes) => {
    expect(readProvenance(bytes)).toMatchObject({ reading: a1111, problem: null });
  });

  it("beyond Latin-1 is read from iTXt, from EXIF in UTF-16, and from UTF-8 under ASCII's name", () => {
    const text = "雪の中の犬 🐕\nSteps: 4, Sampler: Euler, CFG scale: 1, Seed: 9";
    const files = [
      png([iTXt("parameters", text)]),
      jpeg(exif(0x9286, 7, Buffer.concat([Buffer.from("UNICODE\0"), utf16(text, false)]), true)),
      jpeg(exif(0x9286, 7, Buffer.from(`ASCII\0\0\0${text}`), false)),
    ];
    for (const file of files) {
      expect(readProvenance(file).reading).toMatchObject({
        prompt: "雪の中の犬 🐕",
        settings: { seed: "9", steps: 4 },
      });
    }
  });

  it("of Civitai names its resources", () => {
    const text =
      'a castle\nNegative prompt: fog\nSteps: 25, CFG scale: 3.5, Sampler: Euler a, Seed: 77, Civitai resources: [{"type":"checkpoint","modelVersionId":128713,"modelName":"DreamShaper","modelVersionName":"8"},{"type":"lora","weight":0.8,"modelVersionId":87153,"modelName":"Detail, \\"more\\" {of} it"},{"weight":0.3,"air":"urn:air:sdxl:lora:civitai:122359@135867"}], Civitai metadata: {"remixOfId":12,"a":[1,2]}, Clip skip: 2';
    expect(readProvenance(png([tEXt("parameters", text)])).reading).toMatchObject({
      model: { name: "DreamShaper", hash: null },
      loras: [
        { name: 'Detail, "more" {of} it', weight: 0.8 },
        { name: "urn:air:sdxl:lora:civitai:122359@135867", weight: 0.3 },
      ],
      settings: { clipSkip: 2, seed: "77" },
      other: { "Civitai metadata": '{"remixOfId":12,"a":[1,2]}' },
    });
  });

  it("that a photographer wrote as a comment is no reading", () => {
    expect(
      readProvenance(jpeg(exif(0x9286, 7, Buffer.from("ASCII\0\0\0Holiday by the sea"), true))).reading,
    ).toBeNull();
  });
});

describe("ComfyUI's graphs", () => {
  const prompt = {
    "4": { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: "sdxl\\sd_xl_base_1.0.safetensors" } },
    "10": {
      class_type: "LoraLoader",
      inputs: { model: ["4", 0], clip: ["4", 1], lora_name: "dog.safetensors", strength_model: 0.8, strength_clip: 1 },
    },
    "11": {
      class_type: "LoraLoader",
      inputs: {
        model: ["10", 0],
        clip: ["10", 1],
        lora_name: "styles/ink.safetensors",
        strength_model: 0.5,
        strength_clip: 0.5,
      },
    },
    "5": { class_type: "EmptyLatentImage", inputs: { width: 1024, height: 768, batch_size: 1 } },
    "6": { class_type: "CLIPTextEncode", inputs: { text: "sks dog, line one\nline two, 犬", clip: ["11", 1] } },
    "7": { class_type: "CLIPTextEncode", inputs: { text: "text, watermark", clip: ["11", 1] } },
    "3": {
      class_type: "KSampler",
      inputs: {
        seed: 31,
        steps: 20,
        cfg: 8,
        sampler_name: "euler",
        scheduler: "normal",
        denoise: 1,
        model: ["11", 0],
        positive: ["6", 0],
        negative: ["7", 0],
        latent_image: ["5", 0],
      },
    },
    "8": { class_type: "VAEDecode", inputs: { samples: ["3", 0], vae: ["4", 2] } },
    "9": { class_type: "SaveImage", inputs: { filename_prefix: "ComfyUI", images: ["8", 0] } },
  };
  // A seed of 64 bits, which no JavaScript number holds, and text beyond ASCII escaped as Python does.
  const json = JSON.stringify(prompt).replace('"seed":31', '"seed":18446744073709551615').replace("犬", "\\u72ac");
  const reading = {
    tool: "comfyui",
    prompt: "sks dog, line one\nline two, 犬",
    negativePrompt: "text, watermark",
    settings: {
      seed: "18446744073709551615",
      steps: 20,
      guidance: 8,
      sampler: "euler",
      scheduler: "normal",
      width: 1024,
      height: 768,
      denoisingStrength: 1,
    },
    model: { name: "sd_xl_base_1.0", hash: null },
    loras: [
      { name: "dog", weight: 0.8, hash: null },
      { name: "ink", weight: 0.5, hash: null },
    ],
  };

  it.each([
    ["PNG texts", png([tEXt("prompt", json), tEXt("workflow", '{"nodes":[]}')])],
    ["the tags of the camera in WebP", webp(exif(0x0110, 2, Buffer.from(`prompt:${json}\0`), false, true))],
  ])("are read from %s, along the links from the sampler", (_where, bytes) => {
    expect(readProvenance(bytes).reading).toMatchObject(reading);
  });

  it("are read from the tags of videos, and from a comment that holds both", () => {
    expect(readProvenanceTexts({ prompt: json }).reading).toMatchObject(reading);
    expect(
      readProvenanceTexts({ comment: `{"prompt":${JSON.stringify(json)},"workflow":{"nodes":[]}}` }).reading,
    ).toMatchObject(reading);
  });

  it("give sampler, seed and guidance also where nodes of their own hold them", () => {
    const flux = {
      "1": { class_type: "UNETLoader", inputs: { unet_name: "flux1-dev.safetensors" } },
      "2": {
        class_type: "Power Lora Loader (rgthree)",
        inputs: {
          model: ["1", 0],
          lora_1: { on: true, lora: "a.safetensors", strength: 0.7 },
          lora_2: { on: false, lora: "b.safetensors", strength: 1 },
        },
      },
      "3": { class_type: "CLIPTextEncode", inputs: { text: ["12", 0] } },
      "4": { class_type: "FluxGuidance", inputs: { conditioning: ["3", 0], guidance: 3.5 } },
      "5": { class_type: "BasicGuider", inputs: { model: ["2", 0], conditioning: ["4", 0] } },
      "6": { class_type: "RandomNoise", inputs: { noise_seed: 42 } },
      "7": { class_type: "KSamplerSelect", inputs: { sampler_name: "euler" } },
      "8": {
        class_type: "BasicScheduler",
        inputs: { model: ["2", 0], scheduler: "simple", steps: ["13", 0], denoise: 1 },
      },
      "9": { class_type: "EmptySD3LatentImage", inputs: { width: 832, height: 1216 } },
      "10": {
        class_type: "SamplerCustomAdvanced",
        inputs: { noise: ["6", 0], guider: ["5", 0], sampler: ["7", 0], sigmas: ["8", 0], latent_image: ["9", 0] },
      },
      "11": { class_type: "SaveImage", inputs: { images: ["10", 0] } },
      "12": { class_type: "PrimitiveString", inputs: { value: "a red door" } },
      "13": { class_type: "PrimitiveInt", inputs: { value: 28 } },
    };
    expect(readProvenance(png([tEXt("prompt", JSON.stringify(flux))])).reading).toMatchObject({
      prompt: "a red door",
      negativePrompt: "",
      settings: {
        seed: "42",
        steps: 28,
        guidance: 3.5,
        sampler: "euler",
        scheduler: "simple",
        width: 832,
        height: 1216,
      },
      model: { name: "flux1-dev" },
      loras: [{ name: "a", weight: 0.7 }],
    });
  });
});

describe("other tools' files", () => {
  it("of InvokeAI are read, in all three forms it had", () => {
    const metadata = {
      app_version: "5.4.2",
      generation_mode: "sdxl_txt2img",
      positive_prompt: "a café, \u00e9toile",
      negative_prompt: "ugly",
      width: 1024,
      height: 960,
      seed: 3141592653,
      cfg_scale: 7.5,
      steps: 30,
      scheduler: "dpmpp_2m_k",
      clip_skip: 0,
      model: { key: "a1", hash: "blake3:1f2e3d", name: "Juggernaut XL v9", base: "sdxl", type: "main" },
      loras: [
        { model: { key: "b2", hash: "blake3:aabb", name: "ink-wash", base: "sdxl", type: "lora" }, weight: 0.75 },
      ],
    };
    expect(
      readProvenance(png([iTXt("invokeai_metadata", JSON.stringify(metadata)), tEXt("invokeai_graph", "{}")])).reading,
    ).toMatchObject({
      tool: "invokeai",
      prompt: "a café, étoile",
      negativePrompt: "ugly",
      settings: { seed: "3141592653", steps: 30, guidance: 7.5, scheduler: "dpmpp_2m_k", width: 1024, height: 960 },
      model: { name: "Juggernaut XL v9", hash: "blake3:1f2e3d" },
      loras: [{ name: "ink-wash", weight: 0.75, hash: "blake3:aabb" }],
    });
    const third = {
      positive_prompt: "a boat",
      model: { model_name: "stable-diffusion-v1-5", base_model: "sd-1", model_type: "main" },
      loras: [{ lora: { model_name: "waves", base_model: "sd-1" }, weight: 1 }],
    };
    expect(readProvenance(png([tEXt("invokeai_metadata", JSON.stringify(third))])).reading).toMatchObject({
      model: { name: "stable-diffusion-v1-5", hash: null },
      loras: [{ name: "waves", weight: 1, hash: null }],
    });
    const old =
      '{"model":"stable diffusion","model_weights":"stable-diffusion-1.5","model_hash":"cc6cb2","app_id":"invoke-ai/InvokeAI","app_version":"2.3.5","image":{"prompt":[{"prompt":"a tree [fog, rain]","weight":1}],"steps":50,"cfg_scale":7.5,"height":512,"width":640,"seed":42,"sampler":"k_lms","type":"txt2img"}}';
    const dream = '"a tree [fog, rain]" -s 50 -S 42 -W 640 -H 512 -C 7.5 -A k_lms';
    for (const texts of [[tEXt("Dream", dream), tEXt("sd-metadata", old)], [tEXt("Dream", dream)]]) {
      expect(readProvenance(png(texts)).reading).toMatchObject({
        tool: "invokeai",
        prompt: "a tree",
        negativePrompt: "fog, rain",
        settings: { seed: "42", steps: 50, guidance: 7.5, sampler: "k_lms", width: 640, height: 512 },
      });
    }
  });

  it("of SwarmUI are read from PNG and from EXIF", () => {
    const text = JSON.stringify({
      sui_image_params: {
        prompt: "a fox <segment:face> <lora:kept as it is>",
        negativeprompt: "low quality",
        model: "OfficialStableDiffusion/sd_xl_base_1.0",
        seed: 1955203917,
        steps: 20,
        cfgscale: 7.0,
        aspectratio: "1:1",
        width: 1024,
        height: 1024,
        sampler: "dpmpp_2m",
        scheduler: "karras",
        loras: ["detail/add-more.safetensors", "ink"],
        loraweights: ["0.8", "1"],
        swarm_version: "0.9.3.1",
      },
      sui_extra_data: { date: "2025-01-01", generation_time: "3.1 s" },
      sui_models: [
        { name: "OfficialStableDiffusion/sd_xl_base_1.0.safetensors", param: "model", hash: "0xd7a9105a900f" },
        { name: "ink.safetensors", param: "loras", hash: "0x1234" },
      ],
    });
    const comment = Buffer.concat([Buffer.from("UNICODE\0"), utf16(text, false)]);
    for (const bytes of [png([tEXt("parameters", text)]), jpeg(exif(0x9286, 7, comment, false))]) {
      expect(readProvenance(bytes).reading).toEqual({
        tool: "swarmui",
        prompt: "a fox <segment:face> <lora:kept as it is>",
        negativePrompt: "low quality",
        settings: {
          seed: "1955203917",
          steps: 20,
          guidance: 7,
          sampler: "dpmpp_2m",
          scheduler: "karras",
          width: 1024,
          height: 1024,
          denoisingStrength: null,
          clipSkip: null,
        },
        model: { name: "sd_xl_base_1.0", hash: "0xd7a9105a900f" },
        loras: [
          { name: "add-more", weight: 0.8, hash: null },
          { name: "ink", weight: 1, hash: "0x1234" },
        ],
        other: {},
      });
    }
  });

  it("of Fooocus are read under both of its schemes", () => {
    const text = JSON.stringify({
      adm_guidance: "(1.5, 0.8, 0.3)",
      base_model: "juggernautXL_v8Rundiffusion",
      base_model_hash: "aeb7e9e689",
      clip_skip: 2,
      guidance_scale: 4,
      loras: [["sd_xl_offset_example-lora_1.0", 0.1, "4852686128"]],
      lora_combined_1: "sd_xl_offset_example-lora_1.0 : 0.1",
      metadata_scheme: "fooocus",
      negative_prompt: "",
      performance: "Speed",
      prompt: "a sunflower field",
      resolution: "(896, 1152)",
      sampler: "dpmpp_2m_sde_gpu",
      scheduler: "karras",
      seed: "6331411345459405",
      steps: 30,
      version: "Fooocus v2.5.5",
    });
    const reading = {
      tool: "fooocus",
      prompt: "a sunflower field",
      settings: {
        seed: "6331411345459405",
        steps: 30,
        guidance: 4,
        width: 896,
        height: 1152,
        sampler: "dpmpp_2m_sde_gpu",
      },
      model: { name: "juggernautXL_v8Rundiffusion", hash: "aeb7e9e689" },
      loras: [{ name: "sd_xl_offset_example-lora_1.0", weight: 0.1, hash: "4852686128" }],
    };
    expect(readProvenance(png([tEXt("parameters", text), tEXt("fooocus_scheme", "fooocus")])).reading).toMatchObject(
      reading,
    );
    expect(readProvenance(jpeg(exif(0x9286, 2, Buffer.from(text), false))).reading).toMatchObject(reading);
    expect(readProvenance(png([tEXt("parameters", A1111), tEXt("fooocus_scheme", "a1111")])).reading).toEqual({
      ...a1111,
      tool: "fooocus",
    });
  });

  it("of NovelAI are read, version 4 included", () => {
    const comment = JSON.stringify({
      prompt: "1girl, {{silver hair}}, rain",
      steps: 28,
      height: 1216,
      width: 832,
      scale: 5.0,
      seed: 2789513264,
      sampler: "k_euler_ancestral",
      noise_schedule: "karras",
      v4_prompt: { caption: { base_caption: "1girl, {{silver hair}}, rain", char_captions: [] } },
      v4_negative_prompt: { caption: { base_caption: "lowres, blurry", char_captions: [] } },
    });
    const texts = [
      tEXt("Title", "NovelAI generated image"),
      tEXt("Description", "1girl, {{silver hair}}, rain"),
      tEXt("Software", "NovelAI"),
      tEXt("Source", "NovelAI Diffusion V4 37442FCA"),
      tEXt("Comment", comment),
    ];
    expect(readProvenance(png(texts)).reading).toMatchObject({
      tool: "novelai",
      prompt: "1girl, {{silver hair}}, rain",
      negativePrompt: "lowres, blurry",
      settings: {
        seed: "2789513264",
        steps: 28,
        guidance: 5,
        sampler: "k_euler_ancestral",
        scheduler: "karras",
        width: 832,
        height: 1216,
      },
      model: { name: "NovelAI Diffusion V4 37442FCA" },
    });
  });

  it("say where they come from in XMP, as an element, an attribute or a reference", () => {
    const address = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture";
    for (const property of [
      `<Iptc4xmpExt:DigitalSourceType>${address}</Iptc4xmpExt:DigitalSourceType>`,
      `<rdf:Description Iptc4xmpExt:DigitalSourceType='${address}'/>`,
      `<Iptc4xmpExt:DigitalSourceType rdf:resource="${address}"/>`,
    ]) {
      const found = readProvenance(png([iTXt("XML:com.adobe.xmp", `<x:xmpmeta>${property}</x:xmpmeta>`)]));
      expect(found.digitalSourceType).toBe(address);
      expect(found.reading).toBeNull();
    }
  });
});
