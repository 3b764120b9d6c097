import type { InterrogationTables } from "./interrogate.ts";

/** Lists of phrases as CLIP-Interrogator keeps them, one phrase a line in a file of the same name. */
export interface InterrogationLists {
  readonly mediums: readonly string[];
  /** Names alone. */
  readonly artists: readonly string[];
  readonly movements: readonly string[];
  /** Names of places where pictures are shown. */
  readonly sites: readonly string[];
  readonly flavors: readonly string[];
}

/** The labels that lists stand for: artists and sites are named in the ways in which captions name them. */
export function interrogationTables(lists: InterrogationLists): InterrogationTables {
  const { mediums, artists, movements, sites, flavors } = lists;
  return {
    mediums,
    artists: [...artists.map((name) => `by ${name}`), ...artists.map((name) => `inspired by ${name}`)],
    movements,
    trending: sites.flatMap((site) => [site, `trending on ${site}`, `featured on ${site}`, `${site} contest winner`]),
    flavors,
  };
}

const phrases = (text: string): string[] => text.split(",").map((phrase) => phrase.replace(/\s+/g, " ").trim());

/** What is looked for where nobody gives other lists: common words of art and photography, and painters of the past. */
export const ownLists: InterrogationLists = {
  mediums:
    phrases(`a photo, a photograph, a black and white photo, a polaroid photo, a macro photograph, an aerial photo,
    a portrait, a self-portrait, a selfie, a still life, a painting, an oil painting, an acrylic painting, a watercolor,
    a gouache painting, a fresco, a mural, a drawing, a pencil sketch, a charcoal drawing, a pastel drawing, an ink drawing,
    a line drawing, a crayon drawing, a cartoon, a comic panel, a manga panel, an anime drawing, a storybook illustration,
    an illustration, a digital painting, digital art, concept art, vector art, pixel art, a 3d render, a wireframe, a hologram,
    a screenshot, a poster, a collage, a mosaic, a stained glass window, a woodcut, an engraving, an etching, a lithograph,
    a screenprint, a linocut, a tapestry, embroidery, a sculpture, a bronze statue, a marble statue, a wood carving,
    a clay figure, origami, graffiti, a tattoo, a blueprint, a map, a diagram, a logo, a sticker, a silhouette`),
  artists:
    phrases(`Albrecht Dürer, Alphonse Mucha, Amedeo Modigliani, Artemisia Gentileschi, Aubrey Beardsley, Berthe Morisot,
    Camille Pissarro, Canaletto, Caravaggio, Caspar David Friedrich, Claude Monet, Diego Velázquez, Edgar Degas, Edvard Munch,
    Egon Schiele, El Greco, Eugène Delacroix, Francisco Goya, Frans Hals, Franz Marc, Frederic Edwin Church, Georges Seurat,
    Giorgione, Giovanni Bellini, Gustav Klimt, Gustave Courbet, Gustave Doré, Henri Rousseau, Henri de Toulouse-Lautrec,
    Hieronymus Bosch, Hokusai, Ilya Repin, Ivan Aivazovsky, J. M. W. Turner, Jan van Eyck, Jean-François Millet,
    Johannes Vermeer, John Constable, John Everett Millais, John Singer Sargent, John William Waterhouse, Kazimir Malevich,
    Leonardo da Vinci, Mary Cassatt, Michelangelo, Odilon Redon, Paul Cézanne, Paul Gauguin, Paul Klee, Peter Paul Rubens,
    Pierre-Auguste Renoir, Pieter Bruegel the Elder, Raphael, Rembrandt, Sandro Botticelli, Theo van Doesburg, Tintoretto,
    Titian, Utagawa Hiroshige, Vilhelm Hammershøi, Vincent van Gogh, Wassily Kandinsky, William Blake, William Morris,
    Winslow Homer`),
  movements:
    phrases(`abstract art, abstract expressionism, academic art, art deco, art nouveau, arts and crafts movement,
    baroque, bauhaus, biedermeier, brutalism, byzantine art, classicism, color field painting, conceptual art, constructivism,
    cubism, dada, de stijl, expressionism, fauvism, futurism, gothic art, gothic revival, graffiti art, hudson river school,
    impressionism, international gothic, kinetic art, land art, lyrical abstraction, magic realism, mannerism, minimalism,
    modernism, naive art, neoclassicism, neo-expressionism, neo-impressionism, op art, photorealism, pointillism, pop art,
    post-impressionism, pre-raphaelite brotherhood, primitivism, rayonism, realism, renaissance, rococo, romanticism,
    social realism, street art, suprematism, surrealism, symbolism, tonalism, ukiyo-e, vorticism`),
  sites: phrases("a gallery, a museum, a magazine, an exhibition, a book cover, a film festival"),
  flavors:
    phrases(`soft light, hard light, golden hour, blue hour, sunset, sunrise, night, overcast sky, backlit, rim light,
    candlelight, neon lights, studio light, window light, dappled light, volumetric light, lens flare, long shadows,
    high contrast, low contrast, high key, low key, silhouette against the light, shallow depth of field, bokeh, deep focus,
    motion blur, long exposure, double exposure, film grain, wide angle, telephoto, fisheye lens, tilt shift, macro,
    bird's eye view, worm's eye view, close-up, full body, half body, head and shoulders, profile view, rear view,
    three-quarter view, seen from above, seen from below, centered composition, rule of thirds, symmetrical, diagonal lines,
    leading lines, negative space, crowded, minimalist, detailed background, plain background, white background,
    black background, gradient background, blurred background, bright colors, muted colors, pastel colors, warm colors,
    cold colors, earth tones, monochrome, sepia, black and white, red and blue, teal and orange, green and gold, high detail,
    fine lines, bold lines, loose brush strokes, thick paint, flat colors, cel shading, crosshatching, stippling, halftone,
    rough texture, smooth surface, glossy, matte, metallic, transparent, translucent, fog, mist, rain, snow, storm clouds,
    clear sky, starry sky, full moon, reflections in water, wet street, dust in the air, smoke, fire, sparks, falling leaves,
    flowers, autumn, winter, spring, summer, forest, mountains, desert, beach, ocean, river, lake, meadow, garden, jungle,
    city, street, village, ruins, castle, church, temple, bridge, kitchen, living room, bedroom, office, workshop, library,
    cafe, stage, market, train station, car, bicycle, boat, portrait of a woman, portrait of a man, portrait of a child,
    group of people, crowd, smiling, serious, laughing, looking at the viewer, looking away, sitting, standing, walking,
    running, jumping, lying down, holding something, dancing, animal, dog, cat, horse, bird, fish, insect, plant, tree, food,
    fruit, glass, wood, stone, cloth, leather, paper, gold, silver, jewelry, hat, glasses, dress, suit, uniform, armor, robe,
    mask, calm, dramatic, dreamy, mysterious, melancholic, joyful, cozy, eerie, majestic, nostalgic, elegant, playful,
    futuristic, medieval, victorian, retro, vintage, rustic, industrial, ornate, geometric, organic shapes, repeating pattern`),
};
