import { LoraFamily } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { convertLora } from "../convert-lora.ts";
import { describeLora } from "../describe-lora.ts";
import { readSafetensors } from "../safetensors/read-safetensors.ts";
import { writeSafetensors } from "../safetensors/write-safetensors.ts";
import { validateHeader } from "../validate/validate-lora.ts";
import { mappedFamilyOf } from "./family-modules.ts";

/** What kohya's and musubi's trainers call the base models of which we know the name alone. */
const baseVersions: Readonly<Record<string, string>> = {
  chroma: "chroma",
  flux2: "flux_2_dev",
  "hunyuan-video": "hunyuan_video",
  "z-image": "z_image",
  lumina2: "lumina2",
  kandinsky5: "kandinsky5",
  hidream: "hidream",
};

/** A LoRA in kohya's dialect whose metadata name a family. */
function fileOf(baseVersion: string) {
  const data = new Uint8Array(16).fill(0x3c);
  const tensors = ["down", "up"].map((part, i) => ({
    name: `lora_unet_double_blocks_0_img_attn_qkv.lora_${part}.weight`,
    dtype: "F32" as const,
    shape: i === 0 ? [1, 4] : [4, 1],
    data,
  }));
  return readSafetensors(writeSafetensors(tensors, { ss_base_model_version: baseVersion }));
}

describe("families that are known by name alone", () => {
  it("are all that have no table", () => {
    const unmapped = LoraFamily.options.filter((family) => mappedFamilyOf(family) === null);
    expect(Object.keys(baseVersions).sort()).toEqual([...unmapped].sort());
  });

  it.each(Object.entries(baseVersions))(
    "%s is recognised; its keys are neither renamed nor counted",
    (family, baseVersion) => {
      const file = fileOf(baseVersion);
      expect(describeLora(file).family).toMatchObject({ family, from: "ss_base_model_version" });
      for (const dialect of ["diffusers", "comfyui"] as const) {
        expect(() => convertLora(file, dialect)).toThrow(`there is no table of the modules of ${family}, only of sd15`);
      }
      const kept = readSafetensors(convertLora(file, "kohya").bytes);
      expect([...kept.tensors.keys()].sort()).toContain("lora_unet_double_blocks_0_img_attn_qkv.lora_up.weight");
      const { findings, coverage } = validateHeader(file);
      expect(coverage).toBeNull();
      expect(findings).toMatchObject([{ severity: "warning", code: "not-counted" }]);
      expect(findings[0]?.message).toContain(`how many of its keys a ${family} model loads cannot be told`);
    },
  );
});
