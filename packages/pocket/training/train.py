"""Trains the pocket model on the pictures that `render.py` wrote.

    OMP_NUM_THREADS=2 OMP_WAIT_POLICY=PASSIVE nice -n 19 python3 train.py --work FOLDER [--compile]

The learning rate is constant, so a run may be stopped at any time (SIGTERM saves; after kill -9 the last checkpoint counts)
and continued by the same command. `--decay PICTURES` cools a copy of the newest checkpoint down to `released.pt`.
"""
import argparse
import json
import math
import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from model import MIN_LOSS_SIGMA, TARGETS, TEXT_TOKENS, WIDTH, Pocket, Tokenizer, edge_map, patchify, position_features, sample, unpatchify

BATCH = 96  # pictures of 64 tokens; other sizes get the same number of tokens
LR_MATRICES, LR_REST = 0.02, 2e-3
MOMENTUM, BETAS, DECAY, CLIP = 0.95, (0.9, 0.98), 0.01, 1.0
WARM_UP = 60
EMA = 0.9995
EMPTY, DROPPED, INSERTED, CONTROLLED = 0.1, 0.1, 0.15, 0.2
MATRICES = [name for name, _, _ in TARGETS]
PROMPTS = [
    "red circle on blue background", "yellow star on navy background", "red heart on white background", "green triangle on orange background",
    "blue square left red circle on white background", "an orange cat on a teal background", "gray cat on pink background", "brown dog on green background",
    "a red house in a meadow at day with sun", "green tree on white background", "pink flower on teal background", "red mushroom on green background",
    "orange fish in underwater", "red boat on sea at day with sun", "blue car on yellow background", "red rocket in space",
    "white ghost on purple background", "gray robot on orange background", "red balloon on cyan background", "red apple on beige background",
    "purple butterfly on lime background", "green cactus in desert at sunset with sun", "snowman in snow at day", "yellow smiley on navy background",
    "red umbrella on gray background", "blue cup on white background", "blue bird on beige background", "mountains at sunset", "city at night with moon",
    "hills at day with clouds and rainbow", "yellow and blue checkerboard", "red to yellow gradient", "sticker pink donut on blue background",
    "pixel green frog on white background", "sketch car", "red ball on white background", "three red circles on white background",
    "beach at day with sun", "cat", "purple monster on lime background",
]


class Pictures:
    """All finished shards of one size; `refresh` finds shards that were finished since."""

    def __init__(self, folder: Path, tokenizer: Tokenizer):
        self.folder, self.tokenizer, self.shards, self.seen = folder, tokenizer, {}, set()

    def refresh(self):
        for done in sorted(self.folder.glob("*.done")):
            if done.stem in self.seen:
                continue
            self.seen.add(done.stem)
            for path in sorted(self.folder.glob(f"{done.stem}-*.npy")):
                ids = [[i for i in self.tokenizer.encode(line) if i] for line in path.with_suffix(".txt").read_text().splitlines()]
                size = tuple(int(v) for v in path.stem.split("-")[1].split("x"))
                self.shards.setdefault(size, []).append((np.load(path, mmap_mode="r"), ids))

    def batch(self, r: random.Random):
        """A batch of one size, chosen by how many tokens each size has: pixels [B, H, W, 3] in [-1, 1], ids [B, 20]."""
        sizes = list(self.shards)
        size = r.choices(sizes, [h * w * sum(len(s[1]) for s in self.shards[h, w]) for h, w in sizes])[0]
        count = BATCH * 64 * 64 // (size[0] * size[1])
        shards = self.shards[size]
        picked = r.choices(shards, [len(s[1]) for s in shards], k=count)
        rows = [(p, ids, r.randrange(len(ids))) for p, ids in picked]
        pixels = torch.from_numpy(np.stack([p[i] for p, _, i in rows])).float() / 127.5 - 1
        return pixels, torch.tensor([augment(ids[i], r) for _, ids, i in rows])


def augment(ids: list[int], r: random.Random) -> list[int]:
    """Sometimes no caption, sometimes fewer words, sometimes unknown words in between that mean nothing."""
    ids = list(ids)
    u = r.random()
    if u < EMPTY:
        ids = []
    elif u < EMPTY + DROPPED:
        ids = [i for i in ids if r.random() > 0.3]
    if r.random() < INSERTED:
        for _ in range(r.choice([1, 1, 2])):
            ids.insert(r.choice([0, r.randint(0, len(ids))]), r.randint(256, 1023))
    return (ids + [0] * TEXT_TOKENS)[:TEXT_TOKENS]


def controls(pixels: torch.Tensor, r: random.Random) -> torch.Tensor:
    """Edge maps for some pictures, zeros for the others."""
    edges = edge_map(pixels)
    kept = torch.tensor([r.random() < CONTROLLED for _ in range(len(pixels))]).float().reshape(-1, 1, 1, 1)
    return patchify(edges * kept)


def noise_levels(count: int, generator) -> torch.Tensor:
    t = torch.sigmoid(torch.randn(count, generator=generator) * 1.1 - 1)
    flat = torch.rand(count, generator=generator)
    return torch.where(torch.rand(count, generator=generator) < 0.1, flat, t)


def orthogonalise(g: torch.Tensor) -> torch.Tensor:
    """Newton-Schulz iteration of Muon for a stack [K, rows <= columns]."""
    x = g.bfloat16()
    x = x / (x.float().norm(dim=(1, 2), keepdim=True) + 1e-7).bfloat16()
    for _ in range(5):
        a = torch.bmm(x, x.transpose(1, 2).contiguous())
        b = torch.baddbmm(a, a, a, beta=-4.7750, alpha=2.0315)
        x = torch.baddbmm(x, b, x, beta=3.4445)
    return x.float()


class Optimizer:
    """Muon on the matrices of the blocks (q, k and v apart), AdamW on everything else."""

    def __init__(self, model: Pocket):
        named = dict(model.named_parameters())
        self.matrices = {n: p for n, p in named.items() if n.startswith("blocks.") and n.split(".")[2] in MATRICES}
        self.rest = {n: p for n, p in named.items() if n not in self.matrices}
        zeros = lambda group: {n: torch.zeros_like(p) for n, p in group.items()}
        self.momentum, self.m, self.v, self.steps = zeros(self.matrices), zeros(self.rest), zeros(self.rest), 0

    def state(self):
        return {"momentum": self.momentum, "m": self.m, "v": self.v, "steps": self.steps}

    def load(self, state):
        self.momentum, self.m, self.v, self.steps = state["momentum"], state["m"], state["v"], state["steps"]

    @torch.no_grad()
    def step(self, scale: float):
        self.steps += 1
        everything = [*self.matrices.values(), *self.rest.values()]
        norm = math.sqrt(sum(float(p.grad.square().sum()) for p in everything))
        clip = min(1.0, CLIP / (norm + 1e-6))
        self.step_muon(scale * LR_MATRICES, clip)
        lr, (b1, b2) = scale * LR_REST, BETAS
        c1, c2 = 1 - b1**self.steps, 1 - b2**self.steps
        for name, p in self.rest.items():
            g = p.grad * clip
            m, v = self.m[name].lerp_(g, 1 - b1), self.v[name].lerp_(g * g, 1 - b2)
            p.mul_(1 - lr * DECAY).addcdiv_(m, (v / c2).sqrt_().add_(1e-8), value=-lr / c1)
        for p in everything:
            p.grad = None
        return norm

    def step_muon(self, lr, clip):
        stacks = {}  # equal shapes are orthogonalised together
        for name, p in self.matrices.items():
            g = p.grad * clip
            momentum = self.momentum[name].lerp_(g, 1 - MOMENTUM)
            update = g.lerp(momentum, MOMENTUM)
            for k, part in enumerate(update.split(WIDTH) if "qkv" in name else [update]):
                tall = part.shape[0] > part.shape[1]
                stacks.setdefault(tuple(sorted(part.shape)), []).append((p.data.split(WIDTH)[k] if "qkv" in name else p.data, part.t() if tall else part, tall))
        for stack in stacks.values():
            for (target, part, tall), x in zip(stack, orthogonalise(torch.stack([part for _, part, _ in stack]))):
                ratio = max(1.0, target.shape[0] / target.shape[1]) ** 0.5
                target.mul_(1 - lr * DECAY).add_(x.t() if tall else x, alpha=-lr * ratio)


def loss_of(model, x, noise, t, text, position, control):
    """Flow-matching loss of the predicted picture."""
    level = t.reshape(-1, 1, 1)
    z = level * x + (1 - level) * noise
    with torch.autocast("cpu", dtype=torch.bfloat16):
        prediction = model(z, t, text, position, control)
    error = (prediction.float() - x).square().mean((1, 2))
    return (error / (1 - t).clamp(min=MIN_LOSS_SIGMA) ** 2).mean()


def draw_grid(weights, path: Path, tokenizer: Tokenizer):
    """Samples PROMPTS with the averaged weights into one PNG."""
    model = Pocket()
    model.load_state_dict(weights)
    text = torch.tensor([tokenizer.encode(p) for p in PROMPTS])
    with torch.no_grad():
        tokens = sample(model, text, position_features(64, 64), generator=torch.Generator().manual_seed(7))
    tiles = ((unpatchify(tokens, 64, 64).clamp(-1, 1) + 1) * 127.5).round().byte().numpy()
    rows = [np.concatenate(list(tiles[i : i + 8]), 1) for i in range(0, len(tiles), 8)]
    image = Image.fromarray(np.concatenate(rows))
    image.resize((image.width * 2, image.height * 2), Image.NEAREST).save(path)


def save(path: Path, content):
    """Writes a checkpoint so that a kill at any moment leaves the old or the new one."""
    temporary = path.with_suffix(".tmp")
    torch.save(content, temporary)
    with open(temporary, "rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--decay", type=int, default=0, metavar="PICTURES", help="cool down over so many pictures, then stop")
    parser.add_argument("--stop", type=int, default=0, metavar="PICTURES", help="stop when so many pictures were seen in all")
    parser.add_argument("--compile", action="store_true", help="torch.compile (PyTorch 2): about twice as fast")
    parser.add_argument("--save-minutes", type=float, default=4)
    parser.add_argument("--grid-minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    work = options.work
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    torch.manual_seed(options.seed)
    tokenizer, model = Tokenizer(), Pocket()
    pictures = Pictures(work / "pictures", tokenizer)
    while pictures.refresh() or not pictures.shards:
        time.sleep(5)
    optimizer = Optimizer(model)
    ema = {n: v.clone() for n, v in model.state_dict().items()}
    seen, name = 0, "cooling" if options.decay else "checkpoint"
    start = work / f"{name}.pt" if (work / f"{name}.pt").exists() else work / "checkpoint.pt"
    cooling_from = None
    if start.exists():
        state = torch.load(start)
        model.load_state_dict(state["model"])
        optimizer.load(state["optimizer"])
        ema, seen, cooling_from = state["ema"], state["seen"], state.get("cooling_from")
    if options.decay and cooling_from is None:
        cooling_from = seen

    stopping = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.append(True))
    loss_fn = torch.compile(loss_of, dynamic=False) if options.compile else loss_of
    r, generator = random.Random(f"{options.seed}/{seen}"), torch.Generator().manual_seed(options.seed + seen)
    log = open(work / ("cooling.log" if options.decay else "train.log"), "a")
    checkpoint = lambda: {"model": model.state_dict(), "ema": ema, "optimizer": optimizer.state(), "seen": seen, "cooling_from": cooling_from}
    saved = logged = time.monotonic()
    drawn = saved - options.grid_minutes * 60 + 150
    losses, norms, since = [], [], seen
    while not stopping:
        x, text = pictures.batch(r)
        position = position_features(*x.shape[1:3])
        control, x = controls(x, r), patchify(x)
        noise, t = torch.randn(x.shape, generator=generator), noise_levels(len(x), generator)
        loss = loss_fn(model, x, noise, t, text, position, control)
        loss.backward()
        scale = min(1.0, (optimizer.steps + 1) / WARM_UP)
        if options.decay:
            scale *= max(0.0, 1 - (seen - cooling_from) / options.decay)
        norms.append(optimizer.step(scale))
        seen += len(x)
        keep = min(EMA, (1 + optimizer.steps) / (20 + optimizer.steps))
        if options.decay:
            keep = min(keep, 0.998)
        with torch.no_grad():
            for n, v in model.state_dict().items():
                ema[n].lerp_(v, 1 - keep)
        losses.append(loss.item())
        now = time.monotonic()
        done = (options.decay and seen - cooling_from >= options.decay) or (options.stop and seen >= options.stop)
        if now - logged > 60 or done:
            line = {"time": time.strftime("%H:%M:%S"), "seen": seen, "steps": optimizer.steps, "loss": round(float(np.mean(losses)), 5),
                    "grad_norm": round(float(np.mean(norms)), 3), "lr_scale": round(scale, 4), "per_second": round((seen - since) / (now - logged), 1), "shards": len(pictures.seen)}
            print(json.dumps(line), file=log, flush=True)
            losses, norms, logged, since = [], [], now, seen
            pictures.refresh()
        if now - saved > options.save_minutes * 60 or done or stopping:
            save(work / f"{name}.pt", checkpoint())
            saved = time.monotonic()
        if now - drawn > options.grid_minutes * 60 or done:
            draw_grid(ema, work / f"grid-{'cooling-' if options.decay else ''}{seen // 1000:06d}k.png", tokenizer)
            drawn = time.monotonic()
        if done:
            break
    save(work / f"{name}.pt", checkpoint())
    if options.decay and not stopping:
        save(work / "released.pt", {"weights": ema, "seen": seen})
        (work / "cooling.pt").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
