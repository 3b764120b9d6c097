"""Exports a trained pocket model: two ONNX graphs that share one file of fp16 weights, their description, test vectors and samples.

    python3 export.py --work FOLDER [--checkpoint FILE] [--out ../model] [--no-samples]

Without --checkpoint it takes `released.pt` (made by train.py --decay), or else the averaged weights of `checkpoint.pt`. Needs the packages torch (1.13 is enough), onnx and Pillow.
"""
import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

import lora as L
import model as M
import train as T

SHARED_FROM = 4096  # weights with at least so many values live in the shared file as fp16
ALIGN = 64


class Denoise(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x, t, text, position, control, *lora):
        prediction, _ = L.predict(self.model, lora, x, t, text, position, control)
        return M.velocity(prediction, x, t)


class LoraTrainStep(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x1, noise, t, text, position, control, weight, learning_rate, step, scale, *tensors):
        lora, m, v = tensors[:8], tensors[8:16], tensors[16:]
        loss, length, lora, m, v = L.train_step(self.model, x1, noise, t, text, position, control, weight, learning_rate, step, scale, lora, m, v)
        return (loss, length, *lora, *m, *v)


def lora_specs(prefix="", suffix=""):
    """[(name, shape with "rank")] in the order of NAMES."""
    specs = []
    for name, inputs, outputs in M.TARGETS:
        specs.append((f"{prefix}{name}.lora_A{suffix}", [M.BLOCKS, "rank", inputs]))
        specs.append((f"{prefix}{name}.lora_B{suffix}", [M.BLOCKS, outputs, "rank"]))
    return specs


PICTURE, CONTROL = ["batch", "tokens", M.PATCH_VALUES], ["batch", "tokens", M.CONTROL_VALUES]
CONDITION = [("t", ["batch"]), ("text", ["batch", M.TEXT_TOKENS]), ("position", ["tokens", M.POSITION_VALUES]), ("control", CONTROL)]
MOMENTS = [*lora_specs(suffix=".m"), *lora_specs(suffix=".v")]
GRAPHS = {  # name: (module, inputs, outputs)
    "denoise": (Denoise, [("x", PICTURE), *CONDITION, *lora_specs()], [("velocity", PICTURE)]),
    "lora-train-step": (
        LoraTrainStep,
        [("x1", PICTURE), ("noise", PICTURE), *CONDITION, ("weight", ["batch"]), ("learning_rate", []), ("step", []), ("scale", []), *lora_specs(), *MOMENTS],
        [("loss", []), ("grad_norm", []), *lora_specs("new."), *((f"new.{name}", shape) for name, shape in MOMENTS)],
    ),
}


def example(shape, name, sizes):
    """A tensor to trace with."""
    dims = [sizes.get(d, d) for d in shape]
    if name == "text":
        return torch.randint(0, 1024, dims)
    return torch.rand(dims) * 0.5 + 0.25


def export_graph(model, name, path):
    """Traces one graph and gives the dynamic dimensions their names."""
    module, inputs, outputs = GRAPHS[name]
    sizes = {"batch": 2, "tokens": 9, "rank": 3}
    arguments = tuple(example(shape, n, sizes) for n, shape in inputs)
    axes = {n: {i: d for i, d in enumerate(shape) if isinstance(d, str)} for n, shape in inputs + outputs}
    kind = {"dynamo": False} if "dynamo" in torch.onnx.export.__code__.co_varnames else {}
    torch.onnx.export(module(model), arguments, path, opset_version=17, do_constant_folding=False, input_names=[n for n, _ in inputs],
                      output_names=[n for n, _ in outputs], dynamic_axes={n: a for n, a in axes.items() if a}, **kind)
    return onnx.load(path)


def share_weights(graphs, path):
    """Moves the large weights of all graphs into one fp16 file; each graph casts them back to f32."""
    offsets, content = {}, bytearray()
    for graph in graphs.values():
        casts, kept = [], []
        for tensor in graph.graph.initializer:
            values = numpy_helper.to_array(tensor)
            if values.size < SHARED_FROM or values.dtype != np.float32:
                kept.append(tensor)
                continue
            data = values.astype(np.float16).tobytes()
            if tensor.name not in offsets:
                content.extend(b"\0" * (-len(content) % ALIGN))
                offsets[tensor.name] = (len(content), hashlib.sha256(data).digest())
                content.extend(data)
            offset, digest = offsets[tensor.name]
            assert digest == hashlib.sha256(data).digest(), tensor.name
            half = TensorProto(name=f"{tensor.name}.half", data_type=TensorProto.FLOAT16, dims=values.shape, data_location=TensorProto.EXTERNAL)
            for key, value in (("location", path.name), ("offset", offset), ("length", len(data))):
                half.external_data.add(key=key, value=str(value))
            kept.append(half)
            casts.append(helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT))
        nodes = [*casts, *graph.graph.node]
        del graph.graph.initializer[:], graph.graph.node[:]
        graph.graph.initializer.extend(kept)
        graph.graph.node.extend(nodes)
        graph.producer_name, graph.producer_version, graph.doc_string = "loramill-pocket", "", ""
        for node in graph.graph.node:
            node.doc_string = ""
    path.write_bytes(content)


def check_gradients(weights):
    """Compares the hand-written backward with autograd in float64; returns the largest relative error."""
    model = M.Pocket()
    model.load_state_dict(weights)
    model = model.double()
    g = torch.Generator().manual_seed(3)
    randn = lambda *shape: torch.randn(*shape, generator=g, dtype=torch.float64)
    lora = [p.double() for p in L.initial(4, g)]
    lora = [(p + 0.05 * randn(*p.shape)).requires_grad_() for p in lora]
    text = torch.randint(0, 1024, (3, M.TEXT_TOKENS), generator=g)
    t, weight = torch.tensor([0.1, 0.5, 0.95], dtype=torch.float64), torch.tensor([1.0, 0.5, 0.25], dtype=torch.float64)
    loss, grads = L.gradients(model, lora, randn(3, 16, M.PATCH_VALUES), randn(3, 16, M.PATCH_VALUES), t, text, M.position_features(32, 32).double(),
                              randn(3, 16, M.CONTROL_VALUES).clamp(0, 1), weight)
    expected = torch.autograd.grad(loss, lora)
    return max(float((a - b).abs().max() / b.abs().max()) for a, b in zip(grads, expected))


def write_vectors(model, tokenizer, folder):
    """A tiny batch through both graphs, and the definitions of all inputs, for the TypeScript side to test against."""
    g = torch.Generator().manual_seed(11)
    randn = lambda *shape: torch.randn(*shape, generator=g)
    captions = ["a red cat on the blue background", "zorbix Robot, in SNOW!"]
    text = torch.tensor([tokenizer.encode(c) for c in captions])
    position, control = M.position_features(32, 32), randn(2, 16, M.CONTROL_VALUES).clamp(0, 1)
    t, weight = torch.tensor([0.3, 0.9]), torch.tensor([1.0, 0.5])
    lora = [p + 0.03 * randn(*p.shape) for p in L.initial(1, g)]
    m, v = [torch.zeros_like(p) for p in lora], [torch.zeros_like(p) for p in lora]
    x1, noise = randn(2, 16, M.PATCH_VALUES).clamp(-1, 1), randn(2, 16, M.PATCH_VALUES)
    scalars = {"learning_rate": 0.003, "step": 1.0, "scale": 0.5}
    with torch.no_grad():
        velocity = Denoise(model)(noise, t, text, position, control, *lora)
        loss, length, new, new_m, new_v = L.train_step(model, x1, noise, t, text, position, control, weight, *(torch.tensor(s) for s in scalars.values()), lora, m, v)
    picture = torch.randint(0, 256, (16, 24, 3), generator=g)
    scaled = picture.float() / 127.5 - 1
    tensors = {"x": noise, "x1": x1, "noise": noise, "t": t, "weight": weight, "position": position, "control": control, "velocity": velocity,
               "position_64x96": M.position_features(64, 96), "edge_map_patches": M.patchify(M.edge_map(scaled[None])), "picture_patches": M.patchify(scaled[None])}
    tensors |= {name: p for name, p in zip(L.NAMES, lora)}
    tensors |= {f"new.{name}": p for name, p in zip(L.NAMES, new)}
    tensors |= {f"new.{name}.{kind}": p for kind, moments in (("m", new_m), ("v", new_v)) for name, p in zip(L.NAMES, moments) if name.startswith("proj")}
    content, index, stored = bytearray(), {}, {}
    for name, tensor in tensors.items():
        data = tensor.contiguous().numpy().astype("<f4").tobytes()
        if data not in stored:
            stored[data] = len(content)
            content.extend(data)
        index[name] = {"shape": list(tensor.shape), "offset": stored[data]}
    (folder / "vectors.bin").write_bytes(content)
    words = ["the quick brown fox is of a pixel ninja", "RED, green; blue!", "éclair über_7 don't", " ".join(["cat"] * 25), ""]
    description = {
        "about": "f32 little-endian tensors in vectors.bin (offset in bytes); moments start at zero; proj moments stand for the others",
        "captions": captions, "scalars": scalars, "loss": float(loss), "grad_norm": float(length), "tensors": index,
        "tolerance": {"velocity": 1e-3, "new": 1e-3}, "picture": {"height": 16, "width": 24, "rgb": picture.flatten().tolist()},
        "tokenizer": [{"text": w, "ids": tokenizer.encode(w)} for w in [*captions, *words]],
        "fnv1a32": {w: M.fnv1a32(w) for w in ["zorbix", "éclair", ""]},
    }
    (folder / "vectors.json").write_text(json.dumps(description) + "\n")


def digest(path):
    data = path.read_bytes()
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def describe(folder, tokenizer, seen, decayed):
    """model.json: everything the TypeScript side needs to know."""
    dtype = lambda name: "int64" if name == "text" else "float32"
    ports = lambda specs: [{"name": n, "dtype": dtype(n), "shape": shape} for n, shape in specs]
    description = {
        "format": 1,
        "name": "loramill-pocket",
        "license": "Apache-2.0",
        "dimensions": {"patch": M.PATCH, "patchValues": M.PATCH_VALUES, "controlValues": M.CONTROL_VALUES, "positionValues": M.POSITION_VALUES,
                       "textTokens": M.TEXT_TOKENS, "width": M.WIDTH, "blocks": M.BLOCKS, "heads": M.HEADS},
        "text": {"ignored": sorted(M.IGNORED_WORDS), "split": "lower-case, then runs of letters, digits and underscores (Unicode), then drop the ignored words",
                 "padding": 0, "firstHashed": M.KNOWN_IDS, "hashed": M.HASHED_IDS, "hash": "fnv1a32 of the UTF-8 bytes, modulo `hashed`, plus `firstHashed`",
                 "vocabulary": list(tokenizer.ids)},
        "position": {"frequencies": M.POSITION_FREQUENCIES, "formula": "y = (2·row + 1 - rows) / min(rows, columns), x likewise; "
                     "[cos(y·f)…, sin(y·f)…, cos(x·f)…, sin(x·f)…, log2(min(rows, columns)), 1]; rows and columns count patches"},
        "picture": {"scale": "rgb / 127.5 - 1", "patchOrder": "patches row by row; inside a patch row, column, channel"},
        "control": {"meaning": "edge map in [0, 1], one value per pixel, all zero for none",
                    "fromPicture": "clamp((max over right and lower neighbour and channels of |difference| on the [-1, 1] scale - 0.16) * 3, 0, 1)"},
        "diffusion": {"z": "t·x + (1 - t)·noise", "velocity": "(x̂ - z) / max(1 - t, minSigma)", "minSigma": M.MIN_SIGMA, "minLossSigma": M.MIN_LOSS_SIGMA,
                      "trainingNoise": {"logitMean": -1, "logitDeviation": 1.1, "uniformShare": 0.1}, "steps": 20, "guidance": 3,
                      "sampler": "Euler from t = 0: z += (v_empty + guidance·(v - v_empty)) / steps"},
        "lora": {"targets": [{"name": n, "inputs": i, "outputs": o} for n, i, o in M.TARGETS], "keys": "transformer.blocks.{block}.{target}.lora_{A|B}.weight",
                 "initial": "A ~ N(0, 1 / inputs), B = 0", "betas": L.BETAS, "epsilon": L.EPS, "weightDecay": L.WEIGHT_DECAY, "clip": L.CLIP,
                 "scale": "alpha / rank; an input of lora-train-step; for denoise the caller multiplies lora_B by strength · alpha / rank",
                 "none": "rank 1 with all zeros"},
        "graphs": {name: {"file": f"{name}.onnx", "inputs": ports(inputs), "outputs": ports(outputs)} for name, (_, inputs, outputs) in GRAPHS.items()},
        "files": {n: digest(folder / n) for n in ("denoise.onnx", "lora-train-step.onnx", "weights.bin", "vectors.bin", "vectors.json")},
        "training": {"picturesSeen": seen, "cooledDown": decayed, "batch": T.BATCH, "optimizer": f"Muon {T.LR_MATRICES} on block matrices, AdamW {T.LR_REST} on the rest",
                     "ema": T.EMA, "data": "drawn by training/render.py, seed 1"},
        "parameters": sum(p.numel() for p in M.Pocket().parameters()),
    }
    (folder / "model.json").write_text(json.dumps(description, indent=1, ensure_ascii=False) + "\n")


def load_weights(path):
    """(weights, pictures seen, cooled down?) of a checkpoint of either kind."""
    state = torch.load(path, map_location="cpu")
    return state.get("weights") or state["ema"], state["seen"], "weights" in state


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "model")
    parser.add_argument("--no-samples", action="store_true")
    options = parser.parse_args()
    candidates = [options.checkpoint] if options.checkpoint else [options.work / "released.pt", options.work / "checkpoint.pt"]
    weights, seen, decayed = load_weights(next(path for path in candidates if path.exists()))
    weights = {n: (w.half().float() if w.numel() >= SHARED_FROM else w.float()) for n, w in weights.items()}
    model = M.Pocket().eval()
    model.load_state_dict(weights)
    for p in model.parameters():
        p.requires_grad_(False)
    error = check_gradients(weights)
    print(f"gradients: largest relative error {error:.1e}")
    assert error < 1e-5
    options.out.mkdir(parents=True, exist_ok=True)
    graphs = {name: export_graph(model, name, options.out / f"{name}.onnx") for name in GRAPHS}
    share_weights(graphs, options.out / "weights.bin")
    for name, graph in graphs.items():
        path = options.out / f"{name}.onnx"
        path.write_bytes(graph.SerializeToString(deterministic=True))
        onnx.checker.check_model(str(path))
    tokenizer = M.Tokenizer()
    write_vectors(model, tokenizer, options.out)
    describe(options.out, tokenizer, seen, decayed)
    if not options.no_samples:
        T.draw_grid(weights, options.out / "samples.png", tokenizer)
    print(f"{seen} pictures seen; " + ", ".join(f"{p.name} {p.stat().st_size}" for p in sorted(options.out.iterdir())))


if __name__ == "__main__":
    main()
