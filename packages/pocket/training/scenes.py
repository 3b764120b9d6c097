"""Backgrounds: plain colours, gradients, patterns and landscapes."""
import math

import numpy as np
from PIL import Image, ImageDraw

from pen import WHITE, mix, shade

SKIES = {  # time of day: top, bottom
    "day": ((52, 138, 228), (178, 220, 250)),
    "night": ((8, 10, 40), (34, 40, 96)),
    "sunset": ((120, 60, 150), (255, 150, 66)),
    "cloudy": ((120, 132, 148), (196, 204, 212)),
}
PLACES = {  # place: what may appear there
    "hills": "land", "meadow": "land", "mountains": "land", "forest": "land", "sea": "water", "beach": "land",
    "desert": "desert", "snow": "snow", "city": "city", "space": "space", "underwater": "under",
}


def gradient(size, top, bottom, angle=0):
    """A linear gradient; angle 0 runs from top to bottom, 1 from left to right."""
    w, h = size
    ramp = np.linspace(0, 1, w if angle else h)[:, None]
    line = (np.array(top) * (1 - ramp) + np.array(bottom) * ramp).round().astype(np.uint8)
    picture = np.broadcast_to(line[None] if angle else line[:, None], (h, w, 3))
    return Image.fromarray(np.ascontiguousarray(picture))


def pattern(size, kind, a, b, count, phase):
    """Two-coloured patterns with `count` periods along the short side."""
    w, h = size
    y, x = np.mgrid[0:h, 0:w]
    u, v = x * count / min(w, h) + phase[0], y * count / min(w, h) + phase[1]
    if kind == "vertical stripes":
        mask = u % 1 < 0.5
    elif kind == "horizontal stripes":
        mask = v % 1 < 0.5
    elif kind == "diagonal stripes":
        mask = (u + v) % 1 < 0.5
    elif kind == "checkerboard":
        mask = (u % 1 < 0.5) ^ (v % 1 < 0.5)
    else:  # polka dots
        mask = (u % 1 - 0.5) ** 2 + (v % 1 - 0.5) ** 2 < 0.08
    return Image.fromarray(np.where(mask[..., None], np.array(a, np.uint8), np.array(b, np.uint8)))


PATTERNS = ["vertical stripes", "horizontal stripes", "diagonal stripes", "checkerboard", "polka dots"]


def disc(draw, x, y, radius, colour):
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)


def cloud(draw, x, y, s, colour):
    for dx, dy, k in ((-0.55, 0.1, 0.42), (0, -0.12, 0.58), (0.55, 0.1, 0.4)):
        disc(draw, x + dx * s, y + dy * s, k * s, colour)
    draw.rounded_rectangle([x - 0.95 * s, y + 0.05 * s, x + 0.95 * s, y + 0.5 * s], radius=0.22 * s, fill=colour)


def ridge(draw, size, base, height, waves, colour):
    """Fills the land below a wavy line."""
    w, h = size
    x = np.linspace(0, w, 64)
    y = base - height * sum(a * np.sin(x / w * 2 * math.pi * f + p) for a, f, p in waves)
    draw.polygon([(0, h)] + list(zip(x.tolist(), y.tolist())) + [(w, h)], fill=colour)


def peaks(draw, size, base, r, colour, snow):
    w, h = size
    s = min(w, h)
    count = r.choice([2, 3])
    for k in range(count):
        x = w * (k + 0.5 + r.uniform(-0.15, 0.15)) / count
        top = base - s * r.uniform(0.26, 0.42)
        half = s * r.uniform(0.36, 0.46)
        draw.polygon([(x, top), (x + half, base + 2), (x - half, base + 2)], fill=shade(colour, r.uniform(-0.12, 0.12)))
        t = 0.32
        a, b, y = x - half * t, x + half * t, top + (base - top) * t
        draw.polygon([(x, top), (b, y), (x + half * 0.1, y - s * 0.03), (x - half * 0.08, y + s * 0.015), (a, y)], fill=snow)


def dim(colour, time):
    """The colour of lit things at a time of day."""
    return {"day": colour, "cloudy": mix(colour, (110, 120, 130), 0.3), "sunset": mix(colour, (120, 60, 60), 0.3), "night": mix(colour, (12, 16, 50), 0.62)}[time]


def landscape(size, place, time, extras, r):
    """Draws a scene; returns (picture, y of the ground line, y of the horizon) in pixels."""
    w, h = size
    s = min(w, h)
    if place == "space":
        image = gradient(size, (6, 6, 26), (26, 14, 60))
        draw = ImageDraw.Draw(image)
        stars(draw, size, h, r, 26)
        if "planet" in extras:
            x, y, k = r.uniform(0.15, 0.85) * w, r.uniform(0.15, 0.35) * h, r.uniform(0.1, 0.16) * s
            disc(draw, x, y, k, r.choice([(224, 120, 60), (90, 170, 220), (180, 110, 210)]))
        if "moon" in extras:
            disc(draw, r.uniform(0.15, 0.85) * w, r.uniform(0.15, 0.3) * h, 0.11 * s, (240, 236, 214))
        return image, h * 0.8, h * 0.5
    if place == "underwater":
        image = gradient(size, (60, 176, 226), (10, 50, 128))
        draw = ImageDraw.Draw(image)
        ridge(draw, size, h * 0.88, s * 0.02, [(1, 1, r.uniform(0, 6))], (214, 190, 130))
        for _ in range(r.randint(2, 4)):
            x = r.uniform(0.05, 0.95) * w
            top = h * r.uniform(0.58, 0.72)
            ys = np.linspace(h * 0.92, top, 12)
            draw.line([(x + 0.022 * s * math.sin(y / s * 28), y) for y in ys], fill=(40, 140, 84), width=int(s * 0.035), joint="curve")
        for _ in range(r.randint(2, 6)):
            disc(draw, r.uniform(0.05, 0.95) * w, r.uniform(0.08, 0.7) * h, s * r.uniform(0.012, 0.028), (196, 232, 248))
        return image, h * 0.62, h * 0.5
    image = gradient(size, *(tuple(min(255, max(0, v + r.randint(-8, 8))) for v in c) for c in SKIES[time]))
    draw = ImageDraw.Draw(image)
    horizon = h * r.uniform(0.58, 0.66)
    if time == "night":
        stars(draw, size, horizon, r, 16)
    if "rainbow" in extras:
        for k, colour in enumerate([(230, 50, 50), (250, 150, 40), (252, 226, 70), (70, 180, 80), (60, 110, 220), (140, 70, 180)]):
            q = s * (0.58 - 0.04 * k)
            draw.arc([w / 2 - q, horizon - q, w / 2 + q, horizon + q], 180, 360, fill=colour, width=int(s * 0.042))
    x = r.choice([r.uniform(0.14, 0.34), r.uniform(0.66, 0.86)]) * w
    y = r.uniform(0.15, 0.26) * h
    if "sun" in extras:
        disc(draw, x, y, s * 0.1, (255, 226, 70) if time != "sunset" else (255, 236, 150))
    if "moon" in extras:
        disc(draw, x, y, s * 0.095, (244, 240, 220))
    if "clouds" in extras:
        tone = {"day": WHITE, "cloudy": (92, 100, 112), "sunset": (255, 206, 176), "night": (82, 88, 130)}[time]
        other = w - x
        cloud(draw, other + r.uniform(-0.04, 0.04) * w, h * r.uniform(0.14, 0.26), s * r.uniform(0.15, 0.19), tone)
        if r.random() < 0.5:
            cloud(draw, w * r.uniform(0.4, 0.6), h * r.uniform(0.3, 0.4), s * 0.1, tone)
    ground = draw_ground(draw, size, place, time, horizon, r)
    if "rain" in extras:
        for _ in range(26):
            a, b = r.uniform(0, 1) * w, r.uniform(0, 1) * h
            draw.line([(a, b), (a - s * 0.02, b + s * 0.08)], fill=(176, 200, 232), width=max(1, int(s * 0.012)))
    if "snowflakes" in extras:
        for _ in range(30):
            disc(draw, r.uniform(0, 1) * w, r.uniform(0, 1) * h, s * 0.014, WHITE)
    return image, ground, horizon


def stars(draw, size, bottom, r, count):
    for _ in range(count):
        disc(draw, r.uniform(0, 1) * size[0], r.uniform(0, 0.95) * bottom, min(size) * r.uniform(0.007, 0.013), (255, 252, 226))


def draw_ground(draw, size, place, time, horizon, r):
    """Draws the land and returns the y where things stand."""
    w, h = size
    s = min(w, h)
    wave = lambda f: [(1, f, r.uniform(0, 6.3))]
    green = (84, 172, 74)
    if place == "hills":
        ridge(draw, size, horizon, s * 0.07, wave(1), dim(shade(green, -0.12), time))
        ridge(draw, size, horizon + s * 0.14, s * 0.05, wave(0.8), dim(shade(green, 0.12), time))
    elif place == "meadow":
        draw.rectangle([0, horizon + s * 0.06, w, h], fill=dim(green, time))
    elif place == "mountains":
        peaks(draw, size, horizon + s * 0.06, r, dim((110, 116, 136), time), dim((246, 248, 252), time))
        draw.rectangle([0, horizon + s * 0.06, w, h], fill=dim(shade(green, -0.08), time))
    elif place == "forest":
        draw.rectangle([0, horizon + s * 0.06, w, h], fill=dim(green, time))
        colour = dim((30, 104, 62), time)
        for k in range(6):
            x, t = w * (k + 0.5 + r.uniform(-0.2, 0.2)) / 6, s * r.uniform(0.26, 0.4)
            b = horizon + s * 0.08
            draw.polygon([(x, b - t), (x + s * 0.12, b), (x - s * 0.12, b)], fill=shade(colour, r.uniform(-0.15, 0.15)))
    elif place == "sea":
        draw.rectangle([0, horizon, w, h], fill=dim((30, 106, 190), time))
        for _ in range(9):
            x, y = r.uniform(0, 1) * w, horizon + (h - horizon) * r.uniform(0.1, 0.95)
            draw.line([(x, y), (x + s * 0.1, y)], fill=dim((132, 190, 236), time), width=max(1, int(s * 0.016)))
        return horizon + s * 0.12
    elif place == "beach":
        draw.rectangle([0, horizon, w, h], fill=dim((40, 140, 206), time))
        ridge(draw, size, horizon + s * 0.15, s * 0.015, wave(1), dim((240, 216, 156), time))
    elif place == "desert":
        ridge(draw, size, horizon, s * 0.05, wave(1), dim((218, 164, 84), time))
        ridge(draw, size, horizon + s * 0.13, s * 0.05, wave(0.7), dim((238, 192, 112), time))
    elif place == "snow":
        ridge(draw, size, horizon, s * 0.06, wave(1), dim((222, 232, 244), time))
        ridge(draw, size, horizon + s * 0.12, s * 0.04, wave(0.8), dim((250, 252, 255), time))
    elif place == "city":
        x = -s * r.uniform(0, 0.1)
        while x < w:
            width, top = s * r.uniform(0.15, 0.21), horizon - s * r.uniform(0.08, 0.36)
            draw.rectangle([x, top, x + width, h], fill=dim(r.choice([(116, 122, 146), (146, 130, 136), (96, 108, 132)]), time))
            lit = (255, 226, 120) if time in ("night", "sunset") else (196, 218, 236)
            step = s * 0.0625
            for row in range(int((horizon - top) / step)):
                for column in range(2):
                    if r.random() < 0.75:
                        a, b = x + width * (0.18 + 0.38 * column), top + step * (row + 0.4)
                        draw.rectangle([a, b, a + width * 0.24, b + step * 0.5], fill=lit)
            x += width + s * 0.012
        draw.rectangle([0, horizon + s * 0.1, w, h], fill=dim((84, 88, 96), time))
    return horizon + s * 0.26
