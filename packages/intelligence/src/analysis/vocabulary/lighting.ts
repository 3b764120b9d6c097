import type { FacetVocabulary } from "./vocabulary.ts";

/** What light it is seen in. */
export const lighting: FacetVocabulary<"lighting"> = {
  daylight: {
    daylight: 1,
    "natural light": 0.9,
    "natural lighting": 0.9,
    sunlight: 0.8,
    sunny: 0.8,
    "bright day": 1,
    midday: 1,
    noon: 0.9,
  },
  "golden-hour": { "golden hour": 1, sunset: 0.9, sunrise: 0.9, dusk: 0.6, dawn: 0.6, "warm light": 0.4 },
  "blue-hour": { "blue hour": 1, twilight: 0.8 },
  night: { night: 0.9, nighttime: 1, midnight: 1, moonlight: 0.9, moonlit: 0.9, starry: 0.7 },
  studio: {
    "studio light": 1,
    "studio lighting": 1,
    softbox: 1,
    "rim light": 0.5,
    studio: 0.5,
    "white background": 0.3,
  },
  soft: { "soft light": 1, "soft lighting": 1, "diffuse light": 1, "diffused light": 1, "ambient light": 0.5 },
  hard: { "hard light": 1, "harsh light": 1, "harsh lighting": 1, "harsh shadow": 0.8, flash: 0.5 },
  dramatic: {
    "dramatic light": 1,
    "dramatic lighting": 1,
    chiaroscuro: 1,
    "low key": 0.8,
    moody: 0.6,
    "cinematic lighting": 0.7,
    spotlight: 0.7,
  },
  backlit: { backlit: 1, backlight: 1, backlighting: 1, "rim lighting": 0.7, silhouette: 0.7, "lens flare": 0.5 },
  neon: { neon: 1, "neon light": 1, "neon sign": 0.8, glowing: 0.4, bioluminescent: 0.5 },
  candlelight: { candlelight: 1, candlelit: 1, candle: 0.7, firelight: 1, lantern: 0.6, torchlight: 0.9 },
  volumetric: {
    volumetric: 1,
    "volumetric lighting": 1,
    "god ray": 1,
    "light shaft": 0.9,
    "sun ray": 0.6,
    sunbeam: 0.7,
  },
  overcast: { overcast: 1, foggy: 0.5, fog: 0.5, misty: 0.5, rainy: 0.5, stormy: 0.7, "cloudy day": 0.9, cloudy: 0.7 },
};
