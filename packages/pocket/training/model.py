"""The pocket model: a small text-to-image diffusion transformer, and everything that defines its inputs.

Nothing here depends on a training run; `train.py` trains it and `export.py` turns it into ONNX graphs.
"""
import json
import math
import re
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F

PATCH = 8  # pixels per side of one image token
PATCH_VALUES = 3 * PATCH * PATCH
CONTROL_VALUES = PATCH * PATCH
WIDTH = 256
BLOCKS = 6
HEADS = 4
HEAD = WIDTH // HEADS
LOGIT_SCALE = 12.0 / HEAD
NORM_EPS = 1e-6
TEXT_TOKENS = 20
KNOWN_IDS = 256  # id 0 pads, ids 1..255 are known words
HASHED_IDS = 768  # all other words share ids 256..1023
POSITION_FREQUENCIES = [math.pi * 0.5 * 1.19**k for k in range(16)]
POSITION_VALUES = 4 * len(POSITION_FREQUENCIES) + 2
TIME_FREQUENCIES = 64
MIN_LOSS_SIGMA = 0.1  # the loss is (x̂ - x)² / max(1 - t, this)²
MIN_SIGMA = 0.04  # the velocity is (x̂ - z) / max(1 - t, this)
IGNORED_WORDS = {"a", "an", "the", "of", "is"}
TARGETS = [  # LoRA targets: name, inputs, outputs
    ("qkv", WIDTH, 3 * WIDTH),
    ("proj", WIDTH, WIDTH),
    ("fc1", WIDTH, 4 * WIDTH),
    ("fc2", 4 * WIDTH, WIDTH),
]


def load_vocabulary() -> list[str]:
    """The known words; word i has id i + 1."""
    words = json.loads((Path(__file__).parent / "vocabulary.json").read_text())["words"]
    assert len(words) < KNOWN_IDS and len(set(words)) == len(words)
    return words


def fnv1a32(word: str) -> int:
    """FNV-1a over the UTF-8 bytes of a word, 32 bits."""
    value = 0x811C9DC5
    for byte in word.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def split_words(text: str) -> list[str]:
    """Lower-case runs of letters, digits and underscores, without the ignored words."""
    return [word for word in re.findall(r"[\w]+", text.lower()) if word not in IGNORED_WORDS]


class Tokenizer:
    """Turns text into TEXT_TOKENS ids."""

    def __init__(self, words: list[str] | None = None):
        self.ids = {word: i + 1 for i, word in enumerate(load_vocabulary() if words is None else words)}

    def word_id(self, word: str) -> int:
        return self.ids.get(word) or KNOWN_IDS + fnv1a32(word) % HASHED_IDS

    def encode(self, text: str) -> list[int]:
        ids = [self.word_id(word) for word in split_words(text)][:TEXT_TOKENS]
        return ids + [0] * (TEXT_TOKENS - len(ids))


def position_features(height: int, width: int) -> torch.Tensor:
    """[N, 66]: where each patch sits, with the short side spanning [-1, 1] around the centre."""
    rows, columns = height // PATCH, width // PATCH
    short = min(rows, columns)
    y = ((torch.arange(rows, dtype=torch.float64) + 0.5) * 2 - rows) / short
    x = ((torch.arange(columns, dtype=torch.float64) + 0.5) * 2 - columns) / short
    y, x = (v.reshape(-1, 1) for v in torch.meshgrid(y, x, indexing="ij"))
    f = torch.tensor(POSITION_FREQUENCIES, dtype=torch.float64)
    size = torch.full_like(y, math.log2(short))
    parts = [(y * f).cos(), (y * f).sin(), (x * f).cos(), (x * f).sin(), size, torch.ones_like(y)]
    return torch.cat(parts, 1).float()


def patchify(pictures: torch.Tensor) -> torch.Tensor:
    """[B, H, W, C] → [B, N, 64·C]; inside a token: row, column, channel."""
    b, h, w, c = pictures.shape
    tiles = pictures.reshape(b, h // PATCH, PATCH, w // PATCH, PATCH, c).transpose(2, 3)
    return tiles.reshape(b, (h // PATCH) * (w // PATCH), PATCH * PATCH * c)


def unpatchify(tokens: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """The inverse of `patchify`."""
    b, _, values = tokens.shape
    tiles = tokens.reshape(b, height // PATCH, width // PATCH, PATCH, PATCH, values // PATCH**2)
    return tiles.transpose(2, 3).reshape(b, height, width, -1)


def edge_map(pictures: torch.Tensor) -> torch.Tensor:
    """[B, H, W, 3] in [-1, 1] → [B, H, W, 1] in [0, 1]: strong where neighbours to the right or below differ."""
    dx = F.pad((pictures[:, :, 1:] - pictures[:, :, :-1]).abs().amax(-1), (0, 1))
    dy = F.pad((pictures[:, 1:] - pictures[:, :-1]).abs().amax(-1), (0, 0, 0, 1))
    return ((torch.maximum(dx, dy) - 0.16) * 3).clamp(0, 1).unsqueeze(-1)


def rms_norm(x: torch.Tensor) -> torch.Tensor:
    """RMSNorm without learned scale."""
    return x * torch.rsqrt(x.float().square().mean(-1, keepdim=True) + NORM_EPS).to(x.dtype)


def linear(inputs: int, outputs: int, zero: bool = False) -> nn.Linear:
    layer = nn.Linear(inputs, outputs, bias=False)
    with torch.no_grad():
        layer.weight.zero_() if zero else layer.weight.normal_(0, inputs**-0.5)
    return layer


class Block(nn.Module):
    """Attention and MLP, each modulated by (scale, shift, gate)."""

    def __init__(self):
        super().__init__()
        self.qkv = linear(WIDTH, 3 * WIDTH)
        self.proj = linear(WIDTH, WIDTH, zero=True)
        self.fc1 = linear(WIDTH, 4 * WIDTH)
        self.fc2 = linear(4 * WIDTH, WIDTH, zero=True)
        self.table = nn.Parameter(torch.tensor([0.0, 0, 1, 0, 0, 1]).reshape(6, 1).repeat(1, WIDTH))

    def forward(self, h: torch.Tensor, modulation: torch.Tensor) -> torch.Tensor:
        b, n, _ = h.shape
        s1, b1, g1, s2, b2, g2 = (modulation + self.table).unsqueeze(2).unbind(1)
        qkv = self.qkv(rms_norm(h) * (1 + s1) + b1).reshape(b, n, 3, HEADS, HEAD)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        scores = (rms_norm(q) * LOGIT_SCALE) @ rms_norm(k).transpose(-1, -2)
        mixed = scores.float().softmax(-1).to(v.dtype) @ v
        h = h + g1 * self.proj(mixed.transpose(1, 2).reshape(b, n, WIDTH))
        hidden = self.fc1(rms_norm(h) * (1 + s2) + b2)
        return h + g2 * self.fc2(F.relu(hidden).square())


class Pocket(nn.Module):
    """Predicts the clean picture from a noisy one: z = t·x + (1 - t)·noise."""

    def __init__(self):
        super().__init__()
        self.image_in = linear(PATCH_VALUES, WIDTH)
        self.position_in = linear(POSITION_VALUES, WIDTH)
        self.control_in = linear(CONTROL_VALUES, WIDTH, zero=True)
        self.words = nn.Parameter(torch.randn(KNOWN_IDS + HASHED_IDS, WIDTH) * 0.5)
        self.places = nn.Parameter(torch.randn(TEXT_TOKENS, WIDTH) * 0.1)
        self.mixer_in = linear(3 * WIDTH, WIDTH)
        self.mixer_out = linear(WIDTH, WIDTH, zero=True)
        self.time_in = linear(2 * TIME_FREQUENCIES, WIDTH)
        self.pooled_in = linear(WIDTH, WIDTH, zero=True)
        self.time_out = linear(WIDTH, 6 * WIDTH, zero=True)
        self.final_modulation = linear(WIDTH, 2 * WIDTH, zero=True)
        self.final_out = linear(WIDTH, PATCH_VALUES, zero=True)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        f = 0.5 * (200 / 0.5) ** (torch.arange(TIME_FREQUENCIES) / (TIME_FREQUENCIES - 1))
        self.register_buffer("time_frequencies", f * math.pi / 2)

    def embed_text(self, text: torch.Tensor) -> torch.Tensor:
        e = self.words[text] + self.places
        zero = torch.zeros_like(e[:, :1])
        near = torch.cat([torch.cat([zero, e[:, :-1]], 1), e, torch.cat([e[:, 1:], zero], 1)], -1)
        return rms_norm(e + self.mixer_out(F.relu(self.mixer_in(near)).square()))

    def embed(self, z, t, text, position, control):
        """Tokens [B, 20 + N, W], block modulation [B, 6, W] and final (scale, shift) [B, 2, W]."""
        words = self.embed_text(text)
        angles = t.unsqueeze(-1) * self.time_frequencies
        time = self.time_in(torch.cat([angles.cos(), angles.sin()], -1))
        condition = F.relu(time + self.pooled_in(words.mean(1))).square()
        image = rms_norm(self.image_in(z) + self.position_in(position) + self.control_in(control))
        modulation = self.time_out(condition).reshape(-1, 6, WIDTH)
        final = self.final_modulation(condition).reshape(-1, 2, WIDTH)
        return torch.cat([words.to(image.dtype), image], 1), modulation, final

    def forward(self, z, t, text, position, control):
        """x̂ [B, N, 192]."""
        h, modulation, final = self.embed(z, t, text, position, control)
        h = h.float()
        for block in self.blocks:
            h = block(h, modulation)
        scale, shift = final.unsqueeze(2).unbind(1)
        return self.final_out(rms_norm(h[:, TEXT_TOKENS:]) * (1 + scale) + shift)


def velocity(prediction: torch.Tensor, z: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """dz/dt towards the predicted picture."""
    return (prediction - z) / (1 - t).clamp(min=MIN_SIGMA).reshape(-1, 1, 1)


@torch.no_grad()
def sample(model, text, position, control=None, steps=20, guidance=3.0, generator=None, noise=None):
    """Euler sampling with classifier-free guidance; returns tokens [B, N, 192]."""
    b, n = len(text), len(position)
    z = torch.randn(b, n, PATCH_VALUES, generator=generator) if noise is None else noise
    control = torch.zeros(b, n, CONTROL_VALUES) if control is None else control
    text, control = torch.cat([text, torch.zeros_like(text)]), torch.cat([control, control])
    for i in range(steps):
        t = torch.full((2 * b,), i / steps)
        both = torch.cat([z, z])
        v, plain = velocity(model(both, t, text, position, control).float(), both, t).chunk(2)
        z = z + (plain + guidance * (v - plain)) / steps
    return z
