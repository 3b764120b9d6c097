/** Values in rows of pixels of channels: `values[(y * width + x) * channels + c]`. */
export interface FeatureMap {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly values: Float32Array;
}

/**
 * A convolution of stride 2 with zero padding, then ReLU. `weights` are [out][ky][kx][in]; `size` is odd. Halves width
 * and height, rounded up.
 */
export function convolve(input: FeatureMap, weights: Float32Array, size: number, outChannels: number): FeatureMap {
  const width = Math.ceil(input.width / 2);
  const height = Math.ceil(input.height / 2);
  const values = new Float32Array(width * height * outChannels);
  const reach = (size - 1) / 2;
  const { channels } = input;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let out = 0; out < outChannels; out += 1) {
        let sum = 0;
        for (let ky = Math.max(0, reach - 2 * y); ky < size && 2 * y + ky - reach < input.height; ky += 1) {
          for (let kx = Math.max(0, reach - 2 * x); kx < size && 2 * x + kx - reach < input.width; kx += 1) {
            const from = ((2 * y + ky - reach) * input.width + (2 * x + kx - reach)) * channels;
            const weight = ((out * size + ky) * size + kx) * channels;
            for (let c = 0; c < channels; c += 1) sum += (input.values[from + c] ?? 0) * (weights[weight + c] ?? 0);
          }
        }
        values[(y * width + x) * outChannels + out] = Math.max(0, sum);
      }
    }
  }
  return { width, height, channels: outChannels, values };
}

/** Means over a grid of `cells` × `cells` regions, one value per region and channel. */
export function poolMeans(input: FeatureMap, cells: number): Float32Array {
  const { width, height, channels, values } = input;
  const means = new Float32Array(cells * cells * channels);
  const share = (cells * cells) / (width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const cell = Math.floor((y * cells) / height) * cells + Math.floor((x * cells) / width);
      for (let c = 0; c < channels; c += 1) {
        const at = cell * channels + c;
        means[at] = (means[at] ?? 0) + (values[(y * width + x) * channels + c] ?? 0) * share;
      }
    }
  }
  return means;
}
