"""The things the pocket model can draw. Each function draws one object with pen p in colour c; r is a random source.

`OBJECTS` maps the word to (function, colours it has when none is named, weight, places it appears in scenes).
"""
import math

from pen import BLACK, COLOURS, WHITE, heart, ink, light, mix, regular, shade

SKIN = (250, 214, 176)
STEM = (70, 150, 60)
LEAF = (64, 168, 72)
WOOD = (122, 78, 44)
GLASS = (176, 222, 246)
GOLD = (250, 204, 44)


# --- animals -----------------------------------------------------------------------------------------------
def cat(p, c, r):
    inner = (255, 170, 180)
    for s in (-1, 1):
        p.poly([(s * 0.86, -0.98), (s * 0.92, -0.1), (s * 0.18, -0.55)], c)
        p.poly([(s * 0.78, -0.76), (s * 0.8, -0.3), (s * 0.4, -0.54)], inner)
    p.ellipse(0, 0.15, 0.95, 0.8, c)
    for s in (-1, 1):
        p.ellipse(s * 0.4, 0.0, 0.2, 0.24, (250, 236, 120) if light(c) < 170 else (120, 200, 110))
        p.ellipse(s * 0.4, 0.0, 0.09, 0.22, BLACK)
    p.ellipse(0, 0.5, 0.34, 0.24, shade(c, 0.55))
    p.poly([(-0.13, 0.3), (0.13, 0.3), (0, 0.45)], inner)
    w = ink(c)
    for s in (-1, 1):
        p.arc(s * 0.11, 0.48, 0.11, 0.12, 0, 180, 0.05, BLACK)
        for k in (-1, 1):
            p.line([(s * 0.42, 0.42 + 0.04 * k), (s * 0.9, 0.38 + 0.13 * k)], 0.035, w)


def dog(p, c, r):
    ear = shade(c, -0.45) if light(c) > 70 else shade(c, 0.35)
    p.ellipse(0, 0.05, 0.78, 0.86, c)
    for s in (-1, 1):
        p.ellipse(s * 0.78, -0.12, 0.24, 0.6, ear, angle=s * -12)
    p.ellipse(0, 0.45, 0.44, 0.4, shade(c, 0.6))
    p.eyes(0, -0.16, 0.32, 0.13)
    p.ellipse(0, 0.24, 0.17, 0.13, BLACK)
    p.ellipse(0, 0.72, 0.13, 0.2, (240, 96, 110))
    p.arc(0, 0.5, 0.24, 0.13, 10, 170, 0.05, BLACK)


def rabbit(p, c, r):
    for s in (-1, 1):
        p.ellipse(s * 0.32, -0.5, 0.19, 0.52, c, angle=s * 10)
        p.ellipse(s * 0.32, -0.48, 0.09, 0.36, (255, 170, 186), angle=s * 10)
    p.ellipse(0, 0.38, 0.68, 0.6, c)
    p.eyes(0, 0.25, 0.27, 0.11)
    p.poly([(-0.09, 0.42), (0.09, 0.42), (0, 0.53)], (250, 120, 140))
    p.rect(-0.08, 0.6, 0.08, 0.78, WHITE)
    p.line([(-0.16, 0.6), (0.16, 0.6)], 0.04, BLACK)


def bear(p, c, r):
    for s in (-1, 1):
        p.circle(s * 0.66, -0.62, 0.32, c)
        p.circle(s * 0.66, -0.62, 0.17, shade(c, 0.4))
    p.ellipse(0, 0.1, 0.92, 0.84, c)
    p.ellipse(0, 0.4, 0.42, 0.34, shade(c, 0.6))
    p.eyes(0, -0.08, 0.36, 0.12)
    p.ellipse(0, 0.26, 0.16, 0.11, BLACK)
    p.arc(0, 0.42, 0.16, 0.14, 0, 180, 0.05, BLACK)


def frog(p, c, r):
    for s in (-1, 1):
        p.circle(s * 0.48, -0.5, 0.36, c)
    p.ellipse(0, 0.15, 0.96, 0.72, c)
    for s in (-1, 1):
        p.circle(s * 0.48, -0.52, 0.24, WHITE)
        p.circle(s * 0.48, -0.52, 0.13, BLACK)
        p.circle(s * 0.62, 0.2, 0.13, (250, 150, 160))
    p.arc(0, 0.12, 0.55, 0.38, 15, 165, 0.07, shade(c, -0.7))


def bird(p, c, r):
    p.poly([(-0.5, 0.15), (-1.0, -0.2), (-0.98, 0.2)], shade(c, -0.3))
    p.ellipse(-0.1, 0.2, 0.62, 0.48, c)
    p.circle(0.42, -0.28, 0.36, c)
    p.poly([(0.7, -0.4), (1.05, -0.22), (0.7, -0.1)], (250, 160, 30))
    p.circle(0.5, -0.36, 0.09, BLACK)
    p.ellipse(-0.2, 0.18, 0.4, 0.22, shade(c, -0.35), angle=-18)
    for x in (-0.15, 0.1):
        p.line([(x, 0.62), (x, 0.95), (x + 0.14, 0.95)], 0.06, (220, 130, 30))


def duck(p, c, r):
    p.poly([(-0.6, 0.3), (-1.02, -0.05), (-0.5, 0.0)], c)
    p.ellipse(-0.08, 0.42, 0.82, 0.44, c)
    p.circle(0.42, -0.3, 0.42, c)
    p.ellipse(0.86, -0.2, 0.26, 0.12, (250, 130, 20))
    p.circle(0.52, -0.42, 0.09, BLACK)
    p.ellipse(-0.2, 0.36, 0.42, 0.22, shade(c, -0.18), angle=-8)


def owl(p, c, r):
    p.ellipse(0, 0.15, 0.72, 0.84, c)
    for s in (-1, 1):
        p.poly([(s * 0.62, -0.98), (s * 0.68, -0.3), (s * 0.15, -0.6)], c)
        p.ellipse(s * 0.66, 0.3, 0.2, 0.5, shade(c, -0.35))
    p.ellipse(0, 0.45, 0.42, 0.46, shade(c, 0.5))
    for s in (-1, 1):
        p.circle(s * 0.31, -0.24, 0.3, WHITE)
        p.circle(s * 0.31, -0.24, 0.16, BLACK)
        p.circle(s * 0.31 + 0.05, -0.3, 0.06, WHITE)
    p.poly([(-0.12, -0.08), (0.12, -0.08), (0, 0.16)], (250, 160, 30))


def penguin(p, c, r):
    for s in (-1, 1):
        p.ellipse(s * 0.3, 0.92, 0.24, 0.1, (250, 150, 30))
        p.ellipse(s * 0.62, 0.2, 0.15, 0.48, shade(c, -0.25), angle=s * -14)
    p.ellipse(0, 0.05, 0.62, 0.92, c)
    p.ellipse(0, 0.3, 0.42, 0.58, WHITE)
    for s in (-1, 1):
        p.circle(s * 0.2, -0.38, 0.2, WHITE)
        p.circle(s * 0.18, -0.38, 0.09, BLACK)
    p.poly([(-0.15, -0.22), (0.15, -0.22), (0, 0.0)], (250, 150, 30))


def butterfly(p, c, r):
    d = mix(c, (255, 220, 90), 0.6) if light(c) < 150 else shade(c, -0.4)
    for s in (-1, 1):
        p.ellipse(s * 0.52, -0.38, 0.5, 0.42, c, angle=s * -28)
        p.ellipse(s * 0.44, 0.42, 0.38, 0.4, c, angle=s * 20)
        p.circle(s * 0.58, -0.42, 0.2, d)
        p.circle(s * 0.46, 0.44, 0.16, d)
        p.line([(0, -0.55), (s * 0.24, -0.94)], 0.05, BLACK)
    p.ellipse(0, 0.05, 0.1, 0.68, BLACK)


def ladybug(p, c, r):
    p.circle(0, -0.55, 0.4, BLACK)
    p.ellipse(0, 0.15, 0.84, 0.8, c)
    p.line([(0, -0.62), (0, 0.94)], 0.07, BLACK)
    for s in (-1, 1):
        p.circle(s * 0.42, -0.12, 0.17, BLACK)
        p.circle(s * 0.4, 0.46, 0.17, BLACK)
        p.circle(s * 0.16, -0.68, 0.09, WHITE)
        p.line([(s * 0.16, -0.85), (s * 0.34, -1.0)], 0.05, BLACK)


def fish(p, c, r):
    fin = shade(c, -0.28)
    p.poly([(-0.5, 0), (-1.0, -0.48), (-0.86, 0), (-1.0, 0.48)], fin)
    p.poly([(-0.15, -0.4), (0.3, -0.78), (0.4, -0.35)], fin)
    p.ellipse(0.2, 0, 0.78, 0.52, c)
    for x in (-0.14, 0.2):
        p.ellipse(x, 0, 0.08, 0.42, shade(c, 0.6))
    p.circle(0.62, -0.12, 0.14, WHITE)
    p.circle(0.65, -0.12, 0.08, BLACK)
    p.ellipse(0.22, 0.18, 0.2, 0.1, fin)


def whale(p, c, r):
    p.poly([(-0.6, 0.2), (-1.0, -0.5), (-0.72, -0.36), (-0.5, -0.62), (-0.4, 0.1)], c)
    p.ellipse(0.14, 0.28, 0.84, 0.56, c)
    p.ellipse(0.2, 0.55, 0.68, 0.28, shade(c, 0.65))
    p.circle(0.58, 0.16, 0.09, BLACK)
    p.arc(0.22, -0.62, 0.22, 0.22, 180, 270, 0.08, (120, 200, 250))
    p.arc(0.22 - 0.02, -0.62, -0.26, 0.22, 180, 270, 0.08, (120, 200, 250))
    p.line([(0.2, -0.3), (0.2, -0.8)], 0.08, (120, 200, 250))


def snail(p, c, r):
    body = (226, 196, 140)
    p.ellipse(0.0, 0.72, 0.95, 0.2, body)
    p.line([(0.7, 0.7), (0.76, 0.05)], 0.3, body)
    for x in (0.66, 0.92):
        p.line([(0.76, 0.0), (x, -0.4)], 0.06, body)
        p.circle(x, -0.42, 0.08, BLACK)
    p.circle(-0.14, 0.12, 0.62, c)
    p.circle(-0.14, 0.12, 0.42, shade(c, 0.45))
    p.circle(-0.14, 0.12, 0.22, c)


# --- plants ------------------------------------------------------------------------------------------------
def tree(p, c, r):
    p.rect(-0.16, 0.2, 0.16, 1.0, WOOD)
    for x, y, s in ((-0.42, -0.1, 0.45), (0.42, -0.1, 0.45), (0, -0.5, 0.5), (0, 0.0, 0.45)):
        p.circle(x, y, s, c)
    p.circle(-0.15, -0.5, 0.16, shade(c, 0.25))


def pine(p, c, r):
    p.rect(-0.13, 0.6, 0.13, 1.0, WOOD)
    for top, bottom, w in ((-0.1, 0.75, 0.8), (-0.55, 0.28, 0.64), (-1.0, -0.2, 0.46)):
        p.poly([(0, top), (w, bottom), (-w, bottom)], c if bottom < 0.7 else shade(c, -0.15))


def flower(p, c, r):
    p.line([(0, 0.1), (0, 0.98)], 0.1, STEM)
    p.ellipse(0.27, 0.7, 0.28, 0.11, LEAF, angle=-25)
    p.ellipse(-0.27, 0.78, 0.28, 0.11, LEAF, angle=25)
    for k in range(6):
        a = math.radians(60 * k + 30)
        p.circle(0.38 * math.cos(a), -0.36 + 0.38 * math.sin(a), 0.27, c)
    p.circle(0, -0.36, 0.24, GOLD if light(c) < 190 or c[2] > 150 else (150, 84, 30))


def mushroom(p, c, r):
    p.rect(-0.26, 0.0, 0.26, 0.94, (246, 234, 208), 0.14)
    p.ellipse(0, 0.14, 0.95, 1.0, c, 180, 360)
    spot = WHITE if light(c) < 200 else (200, 60, 50)
    p.circle(-0.48, -0.15, 0.16, spot)
    p.circle(0.04, -0.48, 0.19, spot)
    p.circle(0.5, -0.12, 0.15, spot)


def cactus(p, c, r):
    p.line([(-0.58, -0.2), (-0.58, 0.28), (0, 0.28)], 0.26, c)
    p.line([(0.58, -0.42), (0.58, 0.08), (0, 0.08)], 0.26, c)
    p.line([(0, -0.74), (0, 0.8)], 0.44, c)
    d = shade(c, -0.35)
    for x in (-0.09, 0.09):
        p.line([(x, -0.7), (x, 0.8)], 0.04, d)
    p.circle(0, -0.96, 0.13, (255, 110, 170))


def leaf(p, c, r):
    p.poly([(0, -1.0), (0.42, -0.6), (0.58, -0.1), (0.42, 0.4), (0, 0.72), (-0.42, 0.4), (-0.58, -0.1), (-0.42, -0.6)], c)
    d = shade(c, -0.4)
    p.line([(0, -0.75), (0, 1.0)], 0.07, d)
    for y in (-0.3, 0.0, 0.3):
        p.line([(-0.34, y - 0.2), (0, y + 0.05), (0.34, y - 0.2)], 0.045, d)


# --- food --------------------------------------------------------------------------------------------------
def apple(p, c, r):
    p.line([(0, -0.4), (0.08, -0.92)], 0.1, WOOD)
    p.ellipse(0.34, -0.76, 0.28, 0.13, LEAF, angle=-22)
    for s in (-1, 1):
        p.ellipse(s * 0.3, 0.22, 0.58, 0.7, c)
    p.ellipse(-0.42, -0.05, 0.12, 0.2, shade(c, 0.55), angle=20)


def pumpkin(p, c, r):
    p.rect(-0.1, -0.82, 0.14, -0.4, (86, 130, 50))
    d = shade(c, -0.2)
    for s in (-1, 1):
        p.ellipse(s * 0.6, 0.16, 0.38, 0.62, d)
    for s in (-1, 1):
        p.ellipse(s * 0.32, 0.16, 0.38, 0.68, shade(c, -0.08))
    p.ellipse(0, 0.16, 0.32, 0.7, c)


def cupcake(p, c, r):
    p.poly([(-0.62, 0.1), (0.62, 0.1), (0.44, 0.96), (-0.44, 0.96)], (196, 134, 72))
    for x in (-0.3, 0, 0.3):
        p.line([(x * 1.25, 0.2), (x * 0.95, 0.9)], 0.05, (150, 94, 46))
    p.ellipse(0, 0.08, 0.78, 0.26, c)
    p.ellipse(0, -0.2, 0.58, 0.24, shade(c, 0.18))
    p.ellipse(0, -0.46, 0.36, 0.22, c)
    p.circle(0, -0.76, 0.16, (226, 30, 50))


def donut(p, c, r):
    p.circle(0, 0, 0.94, (206, 146, 80))
    p.circle(0, 0, 0.8, c)
    for k in range(8):
        a = math.radians(45 * k + 20)
        x, y = 0.58 * math.cos(a), 0.58 * math.sin(a)
        p.line([(x, y), (x + 0.09 * math.cos(3 * a), y + 0.09 * math.sin(3 * a))], 0.07, WHITE if k % 2 else (252, 226, 60))
    p.circle(0, 0, 0.36, (206, 146, 80))
    p.circle(0, 0, 0.27, (96, 60, 36))


def icecream(p, c, r):
    p.poly([(-0.46, 0.05), (0.46, 0.05), (0, 1.0)], (222, 164, 88))
    for x in (-0.2, 0.12):
        p.line([(x, 0.1), (x + 0.16, 0.5)], 0.04, (176, 116, 52))
    p.circle(0, -0.32, 0.54, c)
    for x in (-0.36, 0, 0.36):
        p.circle(x, 0.08, 0.19, c)
    p.ellipse(-0.2, -0.5, 0.12, 0.16, shade(c, 0.5), angle=25)


# --- vehicles ----------------------------------------------------------------------------------------------
def wheels(p, spots, radius, y):
    for x in spots:
        p.circle(x, y, radius, (36, 36, 42))
        p.circle(x, y, radius * 0.45, (190, 190, 196))


def car(p, c, r):
    p.poly([(-0.62, 0.05), (-0.38, -0.48), (0.34, -0.48), (0.66, 0.05)], c)
    p.rect(-0.98, 0.0, 0.98, 0.48, c, 0.14)
    p.poly([(-0.46, 0.02), (-0.3, -0.36), (-0.05, -0.36), (-0.05, 0.02)], GLASS)
    p.poly([(0.06, 0.02), (0.06, -0.36), (0.28, -0.36), (0.5, 0.02)], GLASS)
    p.circle(0.88, 0.18, 0.09, (255, 240, 140))
    wheels(p, (-0.52, 0.52), 0.27, 0.5)


def bus(p, c, r):
    p.rect(-0.98, -0.58, 0.98, 0.5, c, 0.14)
    for x in (-0.82, -0.4, 0.02, 0.44):
        p.rect(x, -0.4, x + 0.33, -0.02, GLASS)
    p.rect(-0.98, 0.14, 0.98, 0.24, shade(c, 0.6))
    wheels(p, (-0.54, 0.54), 0.25, 0.52)


def boat(p, c, r):
    p.rect(-0.06, -0.95, 0.06, 0.4, WOOD)
    sail = WHITE if light(c) < 200 else (226, 70, 60)
    p.poly([(0.12, -0.9), (0.12, 0.2), (0.78, 0.2)], sail)
    p.poly([(-0.12, -0.66), (-0.12, 0.2), (-0.58, 0.2)], shade(sail, -0.12))
    p.poly([(-0.96, 0.34), (0.96, 0.34), (0.6, 0.88), (-0.6, 0.88)], c)


def rocket(p, c, r):
    for s in (-1, 1):
        p.poly([(s * 0.26, 0.1), (s * 0.68, 0.72), (s * 0.26, 0.56)], c)
    p.poly([(-0.2, 0.55), (0.2, 0.55), (0, 1.05)], (255, 150, 30))
    p.poly([(-0.1, 0.55), (0.1, 0.55), (0, 0.82)], (255, 232, 90))
    body = (236, 238, 244) if light(c) < 210 else (120, 130, 160)
    p.ellipse(0, 0.0, 0.36, 0.98, body, 180, 360)
    p.poly([(-0.36, 0), (0.36, 0), (0.28, 0.58), (-0.28, 0.58)], body)
    p.poly([(0, -1.0), (0.2, -0.78), (0.29, -0.55), (-0.29, -0.55), (-0.2, -0.78)], c)
    p.circle(0, -0.12, 0.2, shade(c, -0.3))
    p.circle(0, -0.12, 0.13, GLASS)


def plane(p, c, r):
    p.poly([(-0.95, -0.45), (-0.7, -0.45), (-0.45, 0.0), (-0.8, 0.0)], shade(c, -0.25))
    p.ellipse(0.02, 0.08, 0.96, 0.26, c)
    p.poly([(-0.05, 0.1), (0.3, 0.1), (-0.25, 0.72), (-0.5, 0.72)], shade(c, -0.3))
    p.poly([(0.0, -0.1), (0.3, -0.1), (-0.1, -0.52), (-0.3, -0.52)], shade(c, -0.3))
    for x in (-0.3, 0.0, 0.3):
        p.circle(x, 0.0, 0.08, GLASS)
    p.ellipse(0.72, 0.0, 0.16, 0.1, GLASS)


def balloon(p, c, r):
    p.line([(0, 0.5), (0.06, 0.7), (-0.05, 0.84), (0, 1.0)], 0.05, (90, 90, 96))
    p.ellipse(0, -0.26, 0.64, 0.74, c)
    p.poly([(-0.12, 0.58), (0.12, 0.58), (0, 0.42)], shade(c, -0.25))
    p.ellipse(-0.24, -0.54, 0.13, 0.22, shade(c, 0.65), angle=25)


# --- buildings ---------------------------------------------------------------------------------------------
def house(p, c, r):
    roof = (150, 62, 48) if c[0] < 190 or c[1] > 120 else (84, 58, 56)
    p.rect(0.38, -0.9, 0.6, -0.3, shade(roof, -0.25))
    p.rect(-0.76, -0.12, 0.76, 0.96, c)
    p.poly([(0, -0.98), (1.0, -0.08), (-1.0, -0.08)], roof)
    p.rect(-0.17, 0.4, 0.17, 0.96, (104, 66, 40))
    for x in (-0.6, 0.3):
        p.rect(x, 0.1, x + 0.3, 0.4, (250, 236, 150) if light(c) < 200 else GLASS)


def castle(p, c, r):
    d = shade(c, -0.25)
    p.rect(-0.6, -0.1, 0.6, 0.95, c)
    for x in (-0.6, -0.3, 0.0, 0.3):
        p.rect(x + 0.06, -0.28, x + 0.24, -0.08, c)
    for s in (-1, 1):
        p.rect(s * 0.72 - 0.24, -0.4, s * 0.72 + 0.24, 0.95, d)
        p.poly([(s * 0.72 - 0.32, -0.4), (s * 0.72 + 0.32, -0.4), (s * 0.72, -1.0)], (206, 60, 60) if c[0] < 180 or c[1] > 110 else (60, 80, 170))
        p.rect(s * 0.72 - 0.07, -0.15, s * 0.72 + 0.07, 0.15, BLACK)
    p.ellipse(0, 0.55, 0.2, 0.28, (74, 48, 34))
    p.rect(-0.2, 0.55, 0.2, 0.95, (74, 48, 34))


def lighthouse(p, c, r):
    p.poly([(-0.26, -0.45), (0.26, -0.45), (0.46, 0.95), (-0.46, 0.95)], WHITE if light(c) < 215 else (210, 60, 60))
    for y0, y1 in ((-0.2, 0.12), (0.42, 0.74)):
        w0, w1 = 0.26 + (y0 + 0.45) * 0.143, 0.26 + (y1 + 0.45) * 0.143
        p.poly([(-w0, y0), (w0, y0), (w1, y1), (-w1, y1)], c)
    p.rect(-0.22, -0.72, 0.22, -0.45, (255, 236, 120))
    p.poly([(0, -1.02), (0.32, -0.7), (-0.32, -0.7)], c)
    p.rect(-0.36, -0.5, 0.36, -0.42, (50, 50, 60))


def tent(p, c, r):
    p.poly([(0, -0.8), (1.0, 0.8), (-1.0, 0.8)], c)
    p.poly([(0, -0.8), (1.0, 0.8), (0.36, 0.8)], shade(c, -0.28))
    p.poly([(0, -0.1), (0.32, 0.8), (-0.32, 0.8)], (56, 44, 44))
    p.line([(0, -0.8), (0, -1.0)], 0.06, WOOD)


# --- things ------------------------------------------------------------------------------------------------
def cup(p, c, r):
    p.circle(0.6, 0.1, 0.38, c)
    p.hole(0.6, 0.1, 0.22)
    p.poly([(-0.78, -0.62), (0.58, -0.62), (0.48, 0.74), (0.34, 0.86), (-0.54, 0.86), (-0.68, 0.74)], c)
    p.ellipse(-0.1, -0.62, 0.68, 0.17, shade(c, -0.25))
    p.ellipse(-0.1, -0.59, 0.56, 0.12, (92, 54, 30))
    p.rect(-0.58, -0.3, -0.46, 0.5, shade(c, 0.5), 0.05)


def umbrella(p, c, r):
    p.line([(0, -0.9), (0, 0.72)], 0.09, (110, 74, 48))
    p.arc(0.16, 0.74, 0.16, 0.18, 0, 180, 0.09, (110, 74, 48))
    p.ellipse(0, 0.08, 0.98, 0.92, c, 180, 360)
    p.ellipse(0, 0.08, 0.38, 0.92, shade(c, 0.3), 180, 360)
    for x in (-0.68, 0.0, 0.68):
        p.hole(x, 0.12, 0.32, 0.14)
    p.line([(0, 0.0), (0, 0.3)], 0.09, (110, 74, 48))


def crown(p, c, r):
    p.poly([(-0.9, 0.7), (-0.98, -0.5), (-0.45, 0.1), (0, -0.8), (0.45, 0.1), (0.98, -0.5), (0.9, 0.7)], c)
    for x, y in ((-0.96, -0.54), (0, -0.84), (0.96, -0.54)):
        p.circle(x, y, 0.13, shade(c, 0.35))
    p.rect(-0.9, 0.42, 0.9, 0.72, shade(c, -0.25))
    for x, gem in ((-0.5, (40, 160, 230)), (0, (226, 40, 60)), (0.5, (40, 160, 230))):
        p.circle(x, 0.56, 0.12, gem)


def gift(p, c, r):
    ribbon = GOLD if math.dist(c, GOLD) > 120 else (222, 40, 60)
    p.rect(-0.78, -0.22, 0.78, 0.94, c)
    p.rect(-0.9, -0.42, 0.9, -0.1, shade(c, -0.15))
    p.rect(-0.16, -0.42, 0.16, 0.94, ribbon)
    for s in (-1, 1):
        p.ellipse(s * 0.34, -0.64, 0.34, 0.2, ribbon, angle=s * -25)
        p.ellipse(s * 0.36, -0.64, 0.16, 0.08, shade(ribbon, -0.35), angle=s * -25)
    p.circle(0, -0.5, 0.14, shade(ribbon, -0.15))


def bell(p, c, r):
    p.circle(0, 0.78, 0.18, shade(c, -0.4))
    p.ellipse(0, -0.12, 0.56, 0.74, c, 180, 360)
    p.poly([(-0.56, -0.14), (0.56, -0.14), (0.66, 0.4), (0.9, 0.68), (-0.9, 0.68), (-0.66, 0.4)], c)
    p.rect(-0.9, 0.56, 0.9, 0.72, shade(c, -0.25), 0.07)
    p.circle(0, -0.9, 0.13, shade(c, -0.25))
    p.ellipse(-0.24, -0.1, 0.09, 0.34, shade(c, 0.5), angle=8)


def clock(p, c, r):
    p.circle(0, 0, 0.96, c)
    p.circle(0, 0, 0.76, (250, 250, 246))
    for k in range(4):
        a = math.pi / 2 * k
        p.line([(0.62 * math.cos(a), 0.62 * math.sin(a)), (0.7 * math.cos(a), 0.7 * math.sin(a))], 0.08, BLACK)
    p.line([(0, 0), (0, -0.5)], 0.08, BLACK)
    p.line([(0, 0), (0.36, 0.16)], 0.08, BLACK)
    p.circle(0, 0, 0.09, (214, 40, 40))


def bottle(p, c, r):
    p.rect(-0.16, -0.78, 0.16, -0.3, c)
    p.rect(-0.2, -0.98, 0.2, -0.76, (210, 170, 110))
    p.poly([(-0.16, -0.4), (0.16, -0.4), (0.44, -0.05), (0.44, 0.2), (-0.44, 0.2), (-0.44, -0.05)], c)
    p.rect(-0.44, -0.05, 0.44, 0.96, c, 0.1)
    p.rect(-0.44, 0.18, 0.44, 0.62, (246, 240, 222))
    p.rect(-0.33, -0.08, -0.25, 0.12, shade(c, 0.55))


def lamp(p, c, r):
    p.rect(-0.06, -0.1, 0.06, 0.8, (110, 90, 70))
    p.ellipse(0, 0.86, 0.42, 0.13, (110, 90, 70))
    p.poly([(-0.4, -0.92), (0.4, -0.92), (0.74, 0.06), (-0.74, 0.06)], c)
    p.ellipse(0, 0.06, 0.74, 0.11, (255, 240, 150))


def ball(p, c, r):
    """A shaded sphere on its shadow, lit from the upper left."""
    p.ellipse(0.08, 0.86, 0.72, 0.12, (0, 0, 0, 80))
    for k in range(14):
        s = k / 13
        p.circle(-0.27 * s, 0.0 - 0.27 * s, 0.86 * (1 - 0.86 * s), mix(shade(c, -0.5), shade(c, 0.2), s**0.7))
    p.ellipse(-0.32, -0.36, 0.15, 0.11, shade(c, 0.85), angle=-40)


# --- characters --------------------------------------------------------------------------------------------
def ghost(p, c, r):
    p.ellipse(0, -0.2, 0.74, 0.78, c, 180, 360)
    bottom = [(0.74, 0.92), (0.5, 0.66), (0.25, 0.92), (0, 0.66), (-0.25, 0.92), (-0.5, 0.66), (-0.74, 0.92)]
    p.poly([(-0.74, -0.22), (0.74, -0.22)] + bottom, c)
    e = ink(c)
    for s in (-1, 1):
        p.ellipse(s * 0.28, -0.25, 0.15, 0.21, e)
    p.ellipse(0, 0.2, 0.13, 0.16, e)


def robot(p, c, r):
    p.line([(0, -0.6), (0, -0.9)], 0.07, (80, 84, 92))
    p.circle(0, -0.92, 0.11, (236, 50, 50))
    p.rect(-0.52, -0.74, 0.52, -0.06, c, 0.08)
    for s in (-1, 1):
        p.circle(s * 0.23, -0.42, 0.15, WHITE)
        p.circle(s * 0.23, -0.42, 0.08, BLACK)
        p.rect(s * 0.79 - 0.11, 0.08, s * 0.79 + 0.11, 0.6, shade(c, -0.3), 0.08)
        p.rect(s * 0.3 - 0.15, 0.7, s * 0.3 + 0.15, 0.98, shade(c, -0.4))
    p.rect(-0.26, -0.2, 0.26, -0.12, BLACK)
    p.rect(-0.64, 0.0, 0.64, 0.74, shade(c, -0.12), 0.08)
    p.rect(-0.36, 0.16, 0.36, 0.52, (60, 66, 80))
    p.circle(-0.16, 0.34, 0.1, (250, 80, 70))
    p.circle(0.16, 0.34, 0.1, (100, 226, 110))


def snowman(p, c, r):
    for y, s in ((0.56, 0.46), (-0.08, 0.35), (-0.56, 0.27)):
        p.circle(0, y, s, (246, 248, 252))
    p.rect(-0.36, -0.8, 0.36, -0.72, BLACK)
    p.rect(-0.23, -1.02, 0.23, -0.74, BLACK)
    p.eyes(0, -0.6, 0.1, 0.045, glint=False)
    p.poly([(0, -0.56), (0, -0.46), (0.26, -0.49)], (250, 130, 20))
    p.rect(-0.28, -0.36, 0.28, -0.22, c, 0.06)
    p.rect(0.08, -0.28, 0.22, 0.06, c, 0.04)
    for y in (0.06, 0.42, 0.64):
        p.circle(0, y, 0.05, BLACK)
    for s in (-1, 1):
        p.line([(s * 0.32, -0.08), (s * 0.74, -0.32)], 0.06, WOOD)


def smiley(p, c, r):
    p.circle(0, 0, 0.94, c)
    e = ink(c)
    for s in (-1, 1):
        p.ellipse(s * 0.32, -0.24, 0.12, 0.18, e)
    p.arc(0, 0.12, 0.52, 0.42, 15, 165, 0.11, e)


def alien(p, c, r):
    p.ellipse(0, -0.1, 0.74, 0.72, c)
    p.poly([(-0.6, 0.2), (0.6, 0.2), (0.24, 0.86), (-0.24, 0.86)], c)
    for s in (-1, 1):
        p.line([(s * 0.3, -0.7), (s * 0.46, -0.96)], 0.06, c)
        p.circle(s * 0.47, -0.98, 0.1, c)
        p.ellipse(s * 0.32, 0.0, 0.18, 0.3, BLACK, angle=s * 28)
        p.circle(s * 0.28, -0.12, 0.06, WHITE)
    p.arc(0, 0.48, 0.14, 0.1, 10, 170, 0.05, BLACK)


def monster(p, c, r):
    for s in (-1, 1):
        p.poly([(s * 0.68, -1.0), (s * 0.62, -0.4), (s * 0.24, -0.62)], (250, 226, 160))
        p.ellipse(s * 0.36, 0.88, 0.26, 0.12, shade(c, -0.35))
        p.line([(s * 0.7, 0.1), (s * 0.92, 0.42)], 0.18, c)
    p.rect(-0.74, -0.68, 0.74, 0.88, c, 0.5)
    p.circle(0, -0.18, 0.34, WHITE)
    p.circle(0, -0.18, 0.16, BLACK)
    p.ellipse(0, 0.34, 0.46, 0.28, (60, 16, 30), 0, 180)
    for x in (-0.26, 0, 0.26):
        p.poly([(x - 0.09, 0.34), (x + 0.09, 0.34), (x, 0.48)], WHITE)


# --- sky and signs -----------------------------------------------------------------------------------------
def sun(p, c, r):
    p.poly(regular(12, 1.0, inner=0.68), shade(c, 0.15))
    p.circle(0, 0, 0.6, c)


def moon(p, c, r):
    p.circle(0, 0, 0.86, c)
    d = shade(c, -0.16)
    for x, y, s in ((-0.3, -0.3, 0.2), (0.34, 0.05, 0.15), (-0.1, 0.42, 0.17)):
        p.circle(x, y, s, d)


def cloud(p, c, r):
    p.rect(-0.9, 0.1, 0.9, 0.52, c, 0.2)
    for x, y, s in ((-0.42, 0.0, 0.36), (0.08, -0.16, 0.48), (0.54, 0.1, 0.32)):
        p.circle(x, y, s, c)


def planet(p, c, r):
    p.circle(0, 0, 0.62, c)
    p.ellipse(-0.05, -0.2, 0.5, 0.1, shade(c, 0.3))
    p.ellipse(0.05, 0.22, 0.5, 0.09, shade(c, -0.25))
    p.arc(0, 0.02, 1.0, 0.3, -20, 200, 0.11, mix(c, (255, 240, 190), 0.7))


def star(p, c, r):
    p.poly(regular(5, 1.0, inner=0.44), c)


def love(p, c, r):
    p.poly(heart(1.0), c)


OBJECTS = {  # word: (draw, natural colours, weight, scenes)
    "cat": (cat, ["orange", "gray", "black", "brown", "white"], 2.2, "land"),
    "dog": (dog, ["brown", "beige", "white", "gray"], 1.8, "land"),
    "rabbit": (rabbit, ["white", "gray", "brown"], 1, "land"),
    "bear": (bear, ["brown", "black"], 1, "land"),
    "frog": (frog, ["green", "lime"], 1, "land"),
    "bird": (bird, ["blue", "red", "yellow"], 1.3, "sky"),
    "duck": (duck, ["yellow", "white"], 1, "water"),
    "owl": (owl, ["brown", "gray"], 1, "land"),
    "penguin": (penguin, ["black", "navy"], 1, "snow"),
    "butterfly": (butterfly, ["orange", "purple", "blue", "pink"], 1.4, "sky"),
    "ladybug": (ladybug, ["red"], 0.8, ""),
    "fish": (fish, ["orange", "blue", "red"], 1.6, "under"),
    "whale": (whale, ["blue", "gray"], 0.9, "water"),
    "snail": (snail, ["brown", "red"], 0.8, "land"),
    "tree": (tree, ["green"], 1.7, "land"),
    "pine": (pine, ["green"], 0.9, "land snow"),
    "flower": (flower, ["red", "pink", "purple", "orange"], 1.7, "land"),
    "mushroom": (mushroom, ["red"], 1.5, "land"),
    "cactus": (cactus, ["green"], 1.3, "desert"),
    "leaf": (leaf, ["green", "orange"], 0.7, ""),
    "apple": (apple, ["red", "green"], 1.5, ""),
    "pumpkin": (pumpkin, ["orange"], 1, "land"),
    "cupcake": (cupcake, ["pink", "white"], 0.8, ""),
    "donut": (donut, ["pink", "brown"], 0.9, ""),
    "icecream": (icecream, ["pink", "white", "brown"], 0.8, ""),
    "car": (car, ["red", "blue", "yellow"], 1.8, "land desert city"),
    "bus": (bus, ["yellow", "red"], 0.9, "land city"),
    "boat": (boat, ["red", "brown", "blue"], 1.6, "water"),
    "rocket": (rocket, ["red", "blue"], 1.7, "space"),
    "plane": (plane, ["white", "gray", "red"], 0.9, "sky"),
    "balloon": (balloon, ["red", "blue", "yellow"], 1.5, "sky"),
    "house": (house, ["red", "beige", "white", "yellow"], 1.9, "land snow"),
    "castle": (castle, ["gray", "beige"], 1, "land"),
    "lighthouse": (lighthouse, ["red"], 0.8, "land"),
    "tent": (tent, ["orange", "green", "red"], 0.8, "land desert snow"),
    "cup": (cup, ["white", "red", "blue"], 1.3, ""),
    "umbrella": (umbrella, ["red", "blue", "purple"], 1.3, ""),
    "crown": (crown, ["yellow"], 0.9, ""),
    "gift": (gift, ["red", "blue", "green"], 1, ""),
    "bell": (bell, ["yellow"], 0.7, ""),
    "clock": (clock, ["red", "brown", "blue"], 0.8, ""),
    "bottle": (bottle, ["green", "brown"], 0.7, ""),
    "lamp": (lamp, ["yellow", "red"], 0.6, ""),
    "ball": (ball, ["red", "blue", "yellow", "green"], 1.3, ""),
    "ghost": (ghost, ["white"], 1.5, "land"),
    "robot": (robot, ["gray", "blue", "orange"], 1.7, "land city"),
    "snowman": (snowman, ["red", "blue", "green"], 1.4, "snow"),
    "smiley": (smiley, ["yellow"], 1.4, ""),
    "alien": (alien, ["green", "lime"], 1, "space"),
    "monster": (monster, ["purple", "green", "blue"], 1.1, "land"),
    "sun": (sun, ["yellow", "orange"], 0.9, ""),
    "moon": (moon, ["beige", "gray", "white"], 0.8, ""),
    "cloud": (cloud, ["white", "gray"], 0.8, ""),
    "planet": (planet, ["orange", "purple", "teal"], 0.9, "space"),
    "star": (star, ["yellow"], 1.2, ""),
    "heart": (love, ["red", "pink"], 1.2, ""),
}
assert all(colour in COLOURS for _, natural, _, _ in OBJECTS.values() for colour in natural)
