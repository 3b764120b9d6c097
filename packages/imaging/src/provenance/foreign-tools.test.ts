/** Files as the named tools write them, by the grammar of each and not by our own writers. */
import { describe, expect, it } from "vitest";
import { A1111, a1111 } from "../../test/a1111-text.ts";
import { exif, iTXt, jpeg, png, tEXt, utf16 } from "../../test/foreign-files.ts";
import { readProvenance } from "./read-provenance.ts";

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
