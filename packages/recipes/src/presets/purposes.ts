import { definePreset } from "./define-preset.ts";

/** A first look in minutes. */
export const fast = definePreset({
  name: "fast",
  family: "sd15",
  summary: "SD 1.5 at 512 pixels, rank 8, 5 epochs: to see in minutes whether the pictures work",
  choices: {
    rank: [8, "the smallest that learns a subject well"],
    alpha: [8, "equal to the rank: the full learning rate, because there are few steps"],
    learningRate: [2e-4, "twice the usual, because there are few steps"],
    epochs: [5, "a first look; take high-quality for the real one"],
    repeats: [10, "five passes over 20 pictures alone would be 50 steps"],
    resolution: [512, "the side of SD 1.5, and the fastest"],
    warmupSteps: [20, "short, as the training is"],
    saveEverySteps: [100, "every minute or so"],
  },
});

/** When time matters less than the result. */
export const highQuality = definePreset({
  name: "high-quality",
  family: "sdxl",
  summary: "SDXL at 768 pixels, rank 64, 20 epochs: fine detail, on a card of 16 GB or more",
  choices: {
    rank: [64, "room for fine detail; the file is 340 MB"],
    alpha: [32, "half the rank, as kohya's users do"],
    learningRate: [5e-5, "half the usual: slower and steadier"],
    batchSize: [2, "steadier gradients; fits, because 768 pixels are half the area of 1024"],
    epochs: [20, "long enough to choose among its checkpoints"],
    repeats: [10, "20 epochs of 20 pictures are 2,000 steps"],
    resolution: [768, "nearly the detail of 1024 in half the time"],
    warmupSteps: [100, "lets the optimiser's averages settle"],
  },
});

/** For small cards. */
export const memoryEfficient = definePreset({
  name: "memory-efficient",
  family: "sd15",
  summary: "SD 1.5 at 512 pixels, rank 8, batch 1: on a card of 6 GB",
  choices: {
    rank: [8, "few parameters, little optimiser state"],
    alpha: [8, "equal to the rank, so the learning rate means what it says"],
    learningRate: [2e-4, "a step sees eight pictures, which bears a higher rate"],
    batchSize: [1, "the least that memory can hold"],
    gradientAccumulation: [8, "as steady as a batch of 8, in the memory of one"],
    epochs: [5, "with eight pictures a step, few steps do much"],
    repeats: [40, "5 epochs of 20 pictures are 500 steps"],
    resolution: [512, "the side of SD 1.5"],
    warmupSteps: [20, "short, as the training is"],
    mixedPrecision: ["fp16", "half the memory, and old cards have no bf16"],
    optimiser: ["adamw8bit", "a quarter of AdamW's state"],
    trainTextEncoder: [false, "its gradients and state do not fit"],
    textCaching: ["disk", "the text encoder runs once and leaves the card"],
    captionDropout: [0, "captions are encoded once, so none can be dropped"],
    saveEverySteps: [100, "some checkpoints to choose from, and little to lose"],
  },
});

/** For a subject that has to be right. */
export const quality = definePreset({
  name: "quality",
  family: "sdxl",
  summary: "SDXL at 1024 pixels, rank 32, 15 epochs, text encoders too: on a card of 24 GB",
  choices: {
    rank: [32, "16 to 64 is usual; 32 makes a file of 170 MB"],
    alpha: [32, "equal to the rank: the full learning rate"],
    learningRate: [1e-4, "the upper end of 4e-5 to 1e-4 for the unet"],
    batchSize: [2, "steadier gradients; fits 24 GB"],
    gradientAccumulation: [2, "four pictures a step"],
    epochs: [15, "long enough to choose among its checkpoints"],
    repeats: [20, "15 epochs of 20 pictures are 1,500 steps"],
    resolution: [1024, "the area the base was trained at"],
    mixedPrecision: ["bf16", "the range of fp32; the VAE overflows in fp16"],
    scheduler: ["cosine", "falls slowly at first and gently at the end"],
    warmupSteps: [100, "lets the optimiser's averages settle"],
    trainTextEncoder: [true, "the trigger word becomes a word of its own"],
    textEncoderLearningRate: [1e-5, "a tenth of the unet's: it is easily spoiled"],
  },
});
