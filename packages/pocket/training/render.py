"""Draws the training pictures of the pocket model and writes them with captions.

    python3 render.py --work FOLDER [--shards 30] [--size 10000] [--seed 1]

Everything is drawn here; nothing is copied. A shard is a pure function of (seed, number), so a stopped run continues.
`--sheet FILE.png` draws a contact sheet instead, and `--words` rewrites vocabulary.json.
"""
import argparse
import json
import multiprocessing
import os
import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from objects import OBJECTS
from pen import COLOURS, WHITE, Pen, crescent, distance, drop, heart, mix, regular
from scenes import PATTERNS, PLACES, gradient, landscape, pattern

OVERSAMPLE = 4
SIZES = [((64, 64), 0.9), ((96, 96), 0.03), ((64, 96), 0.025), ((96, 64), 0.025), ((48, 48), 0.02)]  # height, width
KINDS = [("object", 0.42), ("scene", 0.22), ("shape", 0.2), ("two", 0.08), ("many", 0.03), ("pattern", 0.05)]
STYLES = [(None, 0.925), ("pixel", 0.02), ("sketch", 0.02), ("sticker", 0.015), ("monochrome", 0.01), ("blurry", 0.01)]
SHAPES = {
    "circle": regular(48), "square": [(-0.86, -0.86), (0.86, -0.86), (0.86, 0.86), (-0.86, 0.86)],
    "triangle": [(0, -0.92), (1.0, 0.82), (-1.0, 0.82)], "star": regular(5, 1.05, inner=0.45), "heart": heart(1.0),
    "diamond": [(0, -1.05), (0.72, 0), (0, 1.05), (-0.72, 0)], "pentagon": regular(5), "hexagon": regular(6, start=0),
    "cross": [(-0.32, -1), (0.32, -1), (0.32, -0.32), (1, -0.32), (1, 0.32), (0.32, 0.32), (0.32, 1), (-0.32, 1), (-0.32, 0.32), (-1, 0.32), (-1, -0.32), (-0.32, -0.32)],
    "rectangle": [(-1.05, -0.6), (1.05, -0.6), (1.05, 0.6), (-1.05, 0.6)], "oval": [(x * 1.05, y * 0.65) for x, y in regular(48)],
    "arrow": [(-1, -0.3), (0.15, -0.3), (0.15, -0.75), (1.05, 0), (0.15, 0.75), (0.15, 0.3), (-1, 0.3)],
    "drop": drop(1.05), "crescent": crescent(1.0), "ring": regular(48),
}
PLURALS = {"cross": "crosses"}
SAME_WORDS = {  # other words for the same thing, used now and then
    "gray": ["grey"], "cup": ["mug"], "rabbit": ["bunny"], "boat": ["ship", "sailboat"], "plane": ["airplane"],
    "rocket": ["spaceship"], "gift": ["present"], "ball": ["sphere"], "smiley": ["face", "smile"], "sea": ["ocean", "water"],
    "meadow": ["grass", "field"], "cat": ["kitten"], "dog": ["puppy"], "hills": ["hill"], "mountains": ["mountain"],
    "forest": ["woods"], "sunset": ["evening"], "circle": ["disc"], "house": ["home", "cottage"], "pine": ["fir"],
    "monster": ["creature"], "big": ["large"], "small": ["tiny", "little"], "crescent": ["crescent"], "city": ["town", "buildings"],
    "snow": ["winter", "snowy"], "sun": ["sunny"], "clouds": ["cloud"], "day": ["daytime"], "cloudy": ["rainy"],
    "drop": ["droplet"], "flower": ["blossom"], "icecream": ["cone"], "cupcake": ["cake", "muffin"], "pumpkin": ["gourd"],
    "star": ["star"], "background": ["backdrop"], "monochrome": ["grayscale"], "sketch": ["drawing", "outline"],
    "pixel": ["pixelated"], "blurry": ["soft"], "car": ["automobile"], "bird": ["songbird"], "whale": ["orca"],
    "space": ["galaxy"], "underwater": ["reef"], "desert": ["sand", "dunes"], "butterfly": ["moth"],
}
OTHER_WORDS = "background gradient stripes vertical horizontal diagonal polka dots checkerboard and on in with to at left right above below top bottom one two three four sky style picture".split()


def other(r, *avoid):
    """A random colour name that is unlike all of `avoid` (rgb)."""
    while True:
        name = r.choice(list(COLOURS))
        if all(distance(COLOURS[name], c) > 135 for c in avoid):
            return name


def jitter(r, colour, amount=9):
    return tuple(min(255, max(0, v + r.randint(-amount, amount))) for v in colour)


def say(r, word, chance=0.12):
    """The word, or now and then one that means the same."""
    return r.choice(SAME_WORDS[word]) if word in SAME_WORDS and r.random() < chance else word


def pick(r, weighted):
    return r.choices([v for v, _ in weighted], [w for _, w in weighted])[0]


def background(r, size, *avoid):
    """(picture, phrase, main colours) of a plain, gradient or patterned background that differs from `avoid`."""
    a = other(r, *avoid)
    u = r.random()
    first = jitter(r, COLOURS[a])
    if u < 0.68:
        return Image.new("RGB", size, first), f"on {say(r, a)} " + say(r, "background")
    b = other(r, *avoid, COLOURS[a])
    second = jitter(r, COLOURS[b])
    if u < 0.92:
        return gradient(size, first, second), f"on {say(r, a)} to {say(r, b)} gradient"
    kind = r.choice(PATTERNS)
    pale = mix(second, first, 0.55)  # quieter than a bare pattern, so that the object stands out
    return pattern(size, kind, pale, first, r.choice([4, 5]), (r.random(), r.random())), f"on {a} {kind}"


def layer_for(size):
    return Image.new("RGBA", size, (0, 0, 0, 0))


def put(image, layer, style=None):
    """Composites a layer; stickers get a white border."""
    if style == "sticker":
        border = layer.getchannel("A").filter(ImageFilter.GaussianBlur(min(image.size) * 0.022)).point(lambda v: 255 if v > 10 else 0)
        image.paste(WHITE, mask=border)
    image.paste(layer, mask=layer)


def place_word(r, x, y):
    return ("left" if x < 0 else "right") if abs(x) > abs(y) else ("top" if y < 0 else "bottom")


def object_picture(r, size, style):
    word = r.choices(list(OBJECTS), [v[2] for v in OBJECTS.values()])[0]
    draw, natural, _, _ = OBJECTS[word]
    named = r.random() < 0.68
    name = r.choice(list(COLOURS)) if named and r.random() < 0.8 else r.choice(natural)
    colour = jitter(r, COLOURS[name])
    u = r.random()
    scale, extent = (r.uniform(0.72, 0.84), "") if u < 0.84 else (r.uniform(0.42, 0.5), "small") if u < 0.93 else (r.uniform(0.9, 0.97), "big")
    image, phrase = background(r, size, colour)
    layer = layer_for(size)
    room = 0.06 if scale > 0.6 else 0.25
    x, y = r.uniform(-room, room), r.uniform(-room, room)
    draw(Pen(layer, x, y, scale, flip=r.random() < 0.12, angle=r.uniform(-0.07, 0.07)), colour, r)
    put(image, layer, style)
    parts = [extent, say(r, name) if named else "", say(r, word)]
    return image, " ".join(p for p in parts if p) + ("" if r.random() < 0.06 else " " + phrase)


def draw_shape(layer, r, word, colour, x, y, size, hollow=False):
    p = Pen(layer, x, y, size, angle=r.uniform(-0.06, 0.06))
    p.poly(SHAPES[word], colour)
    if hollow or word == "ring":
        k = 0.6 if word == "ring" else 0.72
        Pen(layer, x, y + (size * 0.06 if word == "triangle" else 0), size * k).poly(SHAPES[word], (0, 0, 0, 0))


def shape_picture(r, size, style):
    word, name = r.choice(list(SHAPES)), r.choice(list(COLOURS))
    colour = jitter(r, COLOURS[name])
    image, phrase = background(r, size, colour)
    u = r.random()
    scale, extent = (r.uniform(0.52, 0.66), "") if u < 0.66 else (r.uniform(0.24, 0.32), "small") if u < 0.83 else (r.uniform(0.78, 0.88), "big")
    x, y, where = r.uniform(-0.06, 0.06), r.uniform(-0.06, 0.06), ""
    if scale < 0.5 and r.random() < 0.7:
        x, y = r.choice([(-0.55, 0), (0.55, 0), (0, -0.55), (0, 0.55)])
        where = place_word(r, x, y)
    hollow = r.random() < 0.1
    layer = layer_for(size)
    draw_shape(layer, r, word, colour, x, y, scale, hollow)
    put(image, layer, style)
    parts = [extent, say(r, name), "hollow" if hollow and word != "ring" else "", say(r, word), where, phrase]
    return image, " ".join(p for p in parts if p)


def two_picture(r, size, style):
    words = [r.choice(list(SHAPES)) for _ in range(2)]
    a = r.choice(list(COLOURS))
    b = r.choice([a, other(r), other(r), other(r)])
    colours = [jitter(r, COLOURS[a]), jitter(r, COLOURS[b])]
    image, phrase = background(r, size, *colours)
    layer = layer_for(size)
    beside = r.random() < 0.62
    k = r.uniform(0.46, 0.52)
    spots = [(-k, r.uniform(-0.1, 0.1)), (k, r.uniform(-0.1, 0.1))] if beside else [(r.uniform(-0.1, 0.1), -k), (r.uniform(-0.1, 0.1), k)]
    for word, colour, (x, y) in zip(words, colours, spots):
        draw_shape(layer, r, word, colour, x, y, r.uniform(0.34, 0.4))
    put(image, layer, style)
    relation = ("left" if r.random() < 0.5 else "and") if beside else "above"
    return image, f"{say(r, a)} {say(r, words[0])} {relation} {say(r, b)} {say(r, words[1])} {phrase}"


def many_picture(r, size, style):
    word, name, count = r.choice(list(SHAPES)), r.choice(list(COLOURS)), r.choice([2, 3, 4])
    colour = jitter(r, COLOURS[name])
    image, phrase = background(r, size, colour)
    spots = {2: [(-0.45, 0), (0.45, 0)], 3: [(-0.62, 0), (0, 0), (0.62, 0)], 4: [(-0.45, -0.45), (0.45, -0.45), (-0.45, 0.45), (0.45, 0.45)]}[count]
    layer = layer_for(size)
    for x, y in spots:
        draw_shape(layer, r, word, colour, x, y, 0.26 if count == 3 else 0.34)
    put(image, layer, style)
    return image, f"{['', '', 'two', 'three', 'four'][count]} {say(r, name)} {PLURALS.get(word, word + 's')} {phrase}"


def pattern_picture(r, size, style):
    a = r.choice(list(COLOURS))
    b = other(r, COLOURS[a])
    first, second = jitter(r, COLOURS[a]), jitter(r, COLOURS[b])
    u = r.random()
    if u < 0.2:
        return Image.new("RGB", size, first), f"{say(r, a)} " + say(r, "background")
    if u < 0.45:
        if r.random() < 0.5:
            return gradient(size, first, second), f"{a} to {b} gradient"
        return gradient(size, first, second, 1), f"{a} to {b} horizontal gradient"
    kind = r.choice(PATTERNS)
    return pattern(size, kind, first, second, r.choice([2, 3, 4]), (0, 0)), f"{a} and {b} {kind}"


def scene_picture(r, size, style):
    place = r.choice(list(PLACES))
    time = r.choices(["day", "night", "sunset", "cloudy"], [4, 2, 2, 1])[0]
    outside = place not in ("space", "underwater")
    extras = []
    if place == "space":
        extras = [e for e in ("planet", "moon") if r.random() < 0.35]
    elif outside:
        chances = {"day": {"sun": 0.6, "clouds": 0.45, "rainbow": 0.07}, "night": {"moon": 0.65, "clouds": 0.15}, "sunset": {"sun": 0.7, "clouds": 0.35}, "cloudy": {"clouds": 0.7, "rain": 0.35}}[time]
        extras = [e for e, chance in chances.items() if r.random() < chance]
        if place == "snow" and r.random() < 0.3:
            extras.append("snowflakes")
    image, ground, horizon = landscape(size, place, time, extras, r)
    words = []
    if r.random() < 0.62:
        habitat = PLACES[place]
        choices = [w for w, v in OBJECTS.items() if habitat in v[3].split() or (outside and "sky" in v[3])]
        word = r.choices(choices, [OBJECTS[w][2] for w in choices])[0]
        draw, natural, _, home = OBJECTS[word]
        named = r.random() < 0.6
        name = r.choice(list(COLOURS)) if named and r.random() < 0.7 else r.choice(natural)
        s, k = min(size), r.uniform(0.4, 0.52)
        x = r.uniform(-0.4, 0.4)
        aloft = home == "sky" or place in ("space", "underwater")
        y = (r.uniform(0.32, 0.5) if aloft else (ground + s * 0.02) / size[1] - k * s / 2 / size[1] * 0.85) * 2 - 1
        if word == "boat" or word == "whale" or word == "duck":
            y = (horizon + s * 0.1 - k * s / 2 * 0.75) / size[1] * 2 - 1
        layer = layer_for(size)
        draw(Pen(layer, x * size[0] / s, y * size[1] / s, k, flip=r.random() < 0.12), jitter(r, COLOURS[name]), r)
        put(image, layer, style)
        words = [say(r, name) if named else "", say(r, word), "in"]
    where = [say(r, place)] + ([r.choice(["at", "in", ""]), say(r, time)] if outside else [])
    if words == [] and outside and r.random() < 0.3:
        where = [say(r, time), say(r, place)]
    told = [e for e in extras if r.random() < 0.85]
    tail = ["with", " and ".join(say(r, e) for e in told)] if told else []
    return image, " ".join(w for w in words + where + tail if w)


DRAWERS = {"object": object_picture, "scene": scene_picture, "shape": shape_picture, "two": two_picture, "many": many_picture, "pattern": pattern_picture}


def finish(image, style, height, width):
    """Downsamples, and applies the styles that work on pixels."""
    if style == "sketch":
        grown = image.convert("L").filter(ImageFilter.GaussianBlur(1.5)).filter(ImageFilter.FIND_EDGES)
        lines = grown.filter(ImageFilter.MaxFilter(5)).point(lambda v: 255 - min(255, max(0, v - 6) * 9))
        lines.paste(255, (0, 0, lines.width, 8)), lines.paste(255, (0, 0, 8, lines.height))
        lines.paste(255, (0, lines.height - 8, lines.width, lines.height)), lines.paste(255, (lines.width - 8, 0, lines.width, lines.height))
        image = lines.convert("RGB")
    small = image.reduce(OVERSAMPLE)
    if style == "pixel":
        small = small.resize((width // 4, height // 4), Image.BOX).resize((width, height), Image.NEAREST)
    elif style == "monochrome":
        small = small.convert("L").convert("RGB")
    elif style == "blurry":
        small = small.filter(ImageFilter.GaussianBlur(2))
    return np.asarray(small)


def render(r, height, width):
    """One picture [height, width, 3] uint8 and its caption."""
    style, kind = pick(r, STYLES), pick(r, KINDS)
    if style == "sticker" and kind not in ("object", "shape", "two"):
        style = None
    if style == "sketch" and kind == "pattern":
        style = None
    image, caption = DRAWERS[kind](r, (width * OVERSAMPLE, height * OVERSAMPLE), style)
    if style:
        word = say(r, style, 0.2)
        caption = f"{word} {caption}" if r.random() < 0.5 else f"{caption} {word} style"
    return finish(image, style, height, width), caption


def write_shard(job):
    """Renders one shard: per size a .npy of pictures and a .txt with one caption per line."""
    folder, seed, number, count = job
    done = folder / f"{number:04d}.done"
    if done.exists():
        return
    r = random.Random(f"{seed}/{number}")
    for (height, width), share in SIZES:
        n = round(count * share)
        pictures = np.lib.format.open_memmap(folder / f"{number:04d}-{height}x{width}.npy", "w+", np.uint8, (n, height, width, 3))
        captions = []
        for i in range(n):
            pictures[i], caption = render(r, height, width)
            captions.append(caption)
        pictures.flush()
        (folder / f"{number:04d}-{height}x{width}.txt").write_text("\n".join(captions) + "\n")
    done.touch()


def known_words():
    words = list(COLOURS) + list(OBJECTS) + list(SHAPES) + [PLURALS.get(w, w + "s") for w in SHAPES] + list(PLACES)
    words += ["day", "night", "sunset", "cloudy", "sun", "moon", "clouds", "rain", "planet", "rainbow", "snowflakes", "big", "small", "hollow"]
    words += [s for s, _ in STYLES if s] + OTHER_WORDS + [w for group in SAME_WORDS.values() for w in group]
    return list(dict.fromkeys(words))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--shards", type=int, default=30)
    parser.add_argument("--size", type=int, default=10000, help="pictures per shard")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--words", action="store_true")
    options = parser.parse_args()
    if options.words:
        path = Path(__file__).parent / "vocabulary.json"
        path.write_text(json.dumps({"words": known_words()}, indent=1) + "\n")
    if options.sheet:
        r = random.Random(options.seed)
        tiles = [render(r, 64, 64) for _ in range(160)]
        sheet = np.concatenate([np.concatenate([np.pad(p, ((1, 1), (1, 1), (0, 0))) for p, _ in tiles[i : i + 16]], 1) for i in range(0, 160, 16)])
        Image.fromarray(sheet).save(options.sheet)
        print("\n".join(caption for _, caption in tiles[:48]))
    if options.work:
        folder = options.work / "pictures"
        folder.mkdir(parents=True, exist_ok=True)
        with multiprocessing.Pool(os.cpu_count()) as pool:
            for _ in pool.imap_unordered(write_shard, [(folder, options.seed, k, options.size) for k in range(options.shards)]):
                pass


if __name__ == "__main__":
    main()
