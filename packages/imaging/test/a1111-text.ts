/** What AUTOMATIC1111 writes of a picture. */
export const A1111 = [
  "portrait of a woman, (freckles:1.2), <lora:add_detail:0.6> [blurry], BREAK",
  "Steps: are not settings here <lora:ink wash:0.5:0.3>",
  "Negative prompt: lowres, bad hands,",
  "watermark: any",
  'Steps: 20, Sampler: DPM++ 2M SDE, Schedule type: Karras, CFG scale: 7, Seed: 1234567890, Size: 512x768, Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, VAE hash: 735e4c3a44, VAE: vae-ft-mse-840000-ema-pruned.safetensors, Denoising strength: 0.45, Clip skip: 2, Hires upscale: 2, Hires upscaler: Latent, Lora hashes: "add_detail: 7c6bad76eb54, ink wash: 0e1a2b3c4d5e", TI hashes: "easynegative: c74b4e810b03", Hashes: {"model":"6ce0161689","lora:add_detail":"7c6bad76eb54"}, Template: "a {b|c}, \\"d\\": e", Version: v1.10.1',
].join("\n");
/** The same, read. */
export const a1111 = {
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
