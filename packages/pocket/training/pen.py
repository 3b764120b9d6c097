"""Colours and a small pen that draws in object coordinates: x to the right, y down, the object fills [-1, 1]²."""
import math

import numpy as np
from PIL import Image, ImageDraw

COLOURS = {
    "red": (222, 32, 38), "orange": (250, 134, 14), "yellow": (252, 216, 32), "green": (36, 158, 60),
    "blue": (36, 82, 222), "purple": (132, 48, 190), "pink": (255, 134, 184), "brown": (124, 76, 38),
    "black": (18, 18, 22), "white": (252, 252, 250), "gray": (134, 136, 142), "teal": (8, 136, 136),
    "navy": (18, 26, 92), "lime": (150, 232, 44), "cyan": (52, 208, 232), "beige": (238, 216, 178),
}
BLACK, WHITE = (24, 22, 28), (252, 252, 252)


def shade(colour, amount):
    """Darker for amount < 0, lighter for amount > 0; -1 is black and 1 is white."""
    goal = 255 if amount > 0 else 0
    return tuple(int(round(v + (goal - v) * abs(amount))) for v in colour)


def mix(a, b, share):
    """From a (share 0) to b (share 1)."""
    return tuple(int(round(x + (y - x) * share)) for x, y in zip(a, b))


def distance(a, b):
    return math.dist(a, b)


def light(colour):
    """Perceived lightness, 0..255."""
    return 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]


def ink(colour):
    """A line colour that shows on `colour`."""
    return BLACK if light(colour) > 80 else (236, 236, 240)


class Pen:
    """Draws polygons, ellipses and thick lines through a similarity transform."""

    def __init__(self, image: Image.Image, x=0.0, y=0.0, size=1.0, flip=False, angle=0.0):
        self.draw = ImageDraw.Draw(image)
        self.unit = size * min(image.size) / 2
        self.origin = np.array([image.width / 2 + x * min(image.size) / 2, image.height / 2 + y * min(image.size) / 2])
        c, s = math.cos(angle), math.sin(angle)
        self.matrix = np.array([[c, s], [-s, c]]) * self.unit
        if flip:
            self.matrix[0] *= -1

    def hole(self, x, y, rx, ry=None):
        """Erases an ellipse from the object's layer."""
        self.ellipse(x, y, rx, ry or rx, (0, 0, 0, 0))

    def place(self, points):
        return [tuple(v) for v in np.asarray(points, float) @ self.matrix + self.origin]

    def poly(self, points, colour):
        self.draw.polygon(self.place(points), fill=colour)

    def rect(self, x0, y0, x1, y1, colour, radius=0.0):
        if radius <= 0:
            return self.poly([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour)
        a = np.linspace(0, math.pi / 2, 8)
        corners = [(x1 - radius, y1 - radius, 0), (x0 + radius, y1 - radius, 1), (x0 + radius, y0 + radius, 2), (x1 - radius, y0 + radius, 3)]
        self.poly([(x + radius * math.cos(v + q * math.pi / 2), y + radius * math.sin(v + q * math.pi / 2)) for x, y, q in corners for v in a], colour)

    def ellipse(self, x, y, rx, ry, colour, start=0.0, end=360.0, angle=0.0):
        """An ellipse, or the slice of it between two angles closed by its chord (degrees, clockwise from the right)."""
        a = np.radians(np.linspace(start, end, 48))
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        u, v = rx * np.cos(a), ry * np.sin(a)
        self.poly(np.stack([x + u * c - v * s, y + u * s + v * c], 1), colour)

    def circle(self, x, y, radius, colour):
        self.ellipse(x, y, radius, radius, colour)

    def line(self, points, width, colour):
        """A polyline with round joints and ends."""
        placed = self.place(points)
        w = max(1, width * self.unit)
        self.draw.line(placed, fill=colour, width=max(1, round(w)))
        for x, y in placed:
            self.draw.ellipse([x - w / 2, y - w / 2, x + w / 2, y + w / 2], fill=colour)

    def arc(self, x, y, rx, ry, start, end, width, colour):
        a = np.radians(np.linspace(start, end, 24))
        self.line(np.stack([x + rx * np.cos(a), y + ry * np.sin(a)], 1), width, colour)

    def eyes(self, x, y, gap, radius, colour=BLACK, glint=True):
        for side in (-1, 1):
            self.circle(x + side * gap, y, radius, colour)
            if glint:
                self.circle(x + side * gap + radius * 0.3, y - radius * 0.3, radius * 0.35, WHITE)


def regular(n, radius=1.0, start=-90.0, inner=None):
    """Corners of a regular polygon, or of a star when `inner` is given."""
    count = n if inner is None else 2 * n
    return [
        (r * math.cos(a), r * math.sin(a))
        for k in range(count)
        for a in [math.radians(start + 360 * k / count)]
        for r in [radius if inner is None or k % 2 == 0 else inner]
    ]


def heart(radius=1.0):
    a = np.linspace(0, 2 * math.pi, 60)
    x = 16 * np.sin(a) ** 3
    y = -(13 * np.cos(a) - 5 * np.cos(2 * a) - 2 * np.cos(3 * a) - np.cos(4 * a))
    return np.stack([x / 17 * radius, (y - 2.5) / 16 * radius], 1)


def drop(radius=1.0):
    a = np.linspace(0, 2 * math.pi, 60)
    return np.stack([radius * 0.72 * np.sin(a) * np.sin(a / 2) ** 1.3, -radius * np.cos(a)], 1)


def crescent(radius=1.0):
    a = np.radians(np.linspace(50, 310, 50))
    outer = np.stack([np.cos(a), np.sin(a)], 1)
    tip = outer[0]
    centre = 0.42
    r = math.dist((centre, 0), tip)
    b0 = math.degrees(math.atan2(tip[1], tip[0] - centre))
    b = np.radians(np.linspace(360 - b0, b0, 40))
    inner = np.stack([centre + r * np.cos(b), r * np.sin(b)], 1)
    return (np.concatenate([outer, inner]) + [0.15, 0]) * radius
