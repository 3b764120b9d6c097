"""LoRA on the pocket model as plain tensor operations: forward, hand-written backward and one Adam step.

Everything traces into an ONNX graph with dynamic batch, tokens and rank. LoRA tensors are stacked over the blocks:
`<target>.lora_A` [6, rank, inputs] and `<target>.lora_B` [6, outputs, rank].
"""
import torch
import torch.nn.functional as F

from model import BLOCKS, HEAD, HEADS, LOGIT_SCALE, MIN_LOSS_SIGMA, NORM_EPS, TARGETS, TEXT_TOKENS, WIDTH, Pocket

NAMES = [f"{name}.lora_{side}" for name, _, _ in TARGETS for side in "AB"]
BETAS, EPS, WEIGHT_DECAY, CLIP = (0.9, 0.99), 1e-8, 0.01, 1.0


def initial(rank: int, generator=None) -> list[torch.Tensor]:
    """A fresh LoRA in the order of NAMES: A ~ N(0, 1/inputs), B = 0."""
    tensors = []
    for _, inputs, outputs in TARGETS:
        tensors.append(torch.randn(BLOCKS, rank, inputs, generator=generator) * inputs**-0.5)
        tensors.append(torch.zeros(BLOCKS, outputs, rank))
    return tensors


def norm(x):
    """RMSNorm and the factor its backward needs."""
    inverse = torch.rsqrt((x * x).mean(-1, keepdim=True) + NORM_EPS)
    return x * inverse, inverse


def norm_backward(grad, y, inverse):
    return inverse * (grad - y * (grad * y).mean(-1, keepdim=True))


class Adapted:
    """One linear layer with its LoRA; remembers what the backward needs."""

    def __init__(self, weight, a, b):
        self.weight, self.a, self.b = weight, a, b

    def forward(self, x):
        self.x, self.u = x, x @ self.a.t()
        return x @ self.weight.t() + self.u @ self.b.t()

    def backward(self, grad, need_input=True):
        """Stores the gradients of A and B and returns the gradient of the input."""
        du = grad @ self.b
        flat = lambda v, width: v.reshape(-1, width)
        rank = self.a.shape[0]
        self.grad_b = flat(grad, self.weight.shape[0]).t() @ flat(self.u, rank)
        self.grad_a = flat(du, rank).t() @ flat(self.x, self.weight.shape[1])
        return grad @ self.weight + du @ self.a if need_input else None


class AdaptedBlock:
    """A block of the model with LoRA on its four matrices."""

    def __init__(self, block, index, lora):
        self.block = block
        pairs = zip(TARGETS, lora[0::2], lora[1::2])
        self.qkv, self.proj, self.fc1, self.fc2 = (Adapted(getattr(block, name).weight, a[index], b[index]) for (name, _, _), a, b in pairs)

    def layers(self):
        return [self.qkv, self.proj, self.fc1, self.fc2]

    def forward(self, h, modulation):
        batch = h.shape[0]
        s1, b1, self.g1, s2, b2, self.g2 = (modulation + self.block.table).unsqueeze(2).unbind(1)
        self.s1, self.s2 = 1 + s1, 1 + s2
        self.n1, self.i1 = norm(h)
        qkv = self.qkv.forward(self.n1 * self.s1 + b1).reshape(batch, -1, 3, HEADS, HEAD).permute(2, 0, 3, 1, 4)
        (self.q, self.iq), (self.k, self.ik), self.v = norm(qkv[0]), norm(qkv[1]), qkv[2]
        self.p = ((self.q * LOGIT_SCALE) @ self.k.transpose(-1, -2)).softmax(-1)
        mixed = (self.p @ self.v).transpose(1, 2).reshape(batch, -1, WIDTH)
        h = h + self.g1 * self.proj.forward(mixed)
        self.n2, self.i2 = norm(h)
        self.hidden = F.relu(self.fc1.forward(self.n2 * self.s2 + b2))
        return h + self.g2 * self.fc2.forward(self.hidden * self.hidden)

    def backward(self, grad, need_input=True):
        batch = grad.shape[0]
        inner = self.fc2.backward(grad * self.g2) * (2 * self.hidden)
        grad = grad + norm_backward(self.fc1.backward(inner) * self.s2, self.n2, self.i2)
        mixed = self.proj.backward(grad * self.g1).reshape(batch, -1, HEADS, HEAD).transpose(1, 2)
        dv = self.p.transpose(-1, -2) @ mixed
        dp = mixed @ self.v.transpose(-1, -2)
        ds = self.p * (dp - (dp * self.p).sum(-1, keepdim=True)) * LOGIT_SCALE
        dq = norm_backward(ds @ self.k, self.q, self.iq)
        dk = norm_backward(ds.transpose(-1, -2) @ self.q, self.k, self.ik)
        dqkv = torch.stack([dq, dk, dv]).permute(1, 3, 0, 2, 4).reshape(batch, -1, 3 * WIDTH)
        inner = self.qkv.backward(dqkv, need_input)
        return grad + norm_backward(inner * self.s1, self.n1, self.i1) if need_input else None


def predict(model: Pocket, lora, z, t, text, position, control):
    """x̂ with a LoRA, and what the backward needs."""
    h, modulation, final = model.embed(z, t, text, position, control)
    blocks = [AdaptedBlock(block, i, lora) for i, block in enumerate(model.blocks)]
    for block in blocks:
        h = block.forward(h, modulation)
    scale, shift = final.unsqueeze(2).unbind(1)
    y, inverse = norm(h[:, TEXT_TOKENS:])
    return model.final_out(y * (1 + scale) + shift), (blocks, y, inverse, 1 + scale)


def gradients(model: Pocket, lora, x1, noise, t, text, position, control, weight):
    """Weighted loss and its gradients in the order of NAMES."""
    level = t.reshape(-1, 1, 1)
    prediction, (blocks, y, inverse, scale) = predict(model, lora, level * x1 + (1 - level) * noise, t, text, position, control)
    error = prediction - x1
    share = (weight / weight.sum() / (1 - t).clamp(min=MIN_LOSS_SIGMA) ** 2).reshape(-1, 1, 1)
    loss = (error * error * share).mean((1, 2)).sum()
    ones = torch.ones_like(error[:1]).sum()
    grad = norm_backward((error * share * (2 / ones)) @ model.final_out.weight * scale, y, inverse)
    grad = torch.cat([torch.zeros_like(grad[:, :1]).expand(-1, TEXT_TOKENS, -1), grad], 1)
    for i in reversed(range(BLOCKS)):
        grad = blocks[i].backward(grad, need_input=i > 0)
    stacked = []
    for k in range(len(TARGETS)):
        layers = [block.layers()[k] for block in blocks]
        stacked += [torch.stack([l.grad_a for l in layers]), torch.stack([l.grad_b for l in layers])]
    return loss, stacked


def train_step(model, x1, noise, t, text, position, control, weight, learning_rate, step, scale, lora, m, v):
    """One AdamW step with clipping; `scale` is alpha / rank. Returns (loss, gradient norm, lora, m, v)."""
    folded = [tensor * scale if i % 2 else tensor for i, tensor in enumerate(lora)]
    loss, grads = gradients(model, folded, x1, noise, t, text, position, control, weight)
    grads = [g * scale if i % 2 else g for i, g in enumerate(grads)]
    length = torch.sqrt(sum((g * g).sum() for g in grads))
    clip = (CLIP / (length + 1e-6)).clamp(max=1.0)
    correct1, correct2 = 1 - BETAS[0] ** step, 1 - BETAS[1] ** step
    new_lora, new_m, new_v = [], [], []
    for p, g, a, b in zip(lora, grads, m, v):
        g = g * clip
        a, b = BETAS[0] * a + (1 - BETAS[0]) * g, BETAS[1] * b + (1 - BETAS[1]) * g * g
        new_lora.append(p * (1 - learning_rate * WEIGHT_DECAY) - learning_rate * (a / correct1) / (torch.sqrt(b / correct2) + EPS))
        new_m.append(a)
        new_v.append(b)
    return loss, length, new_lora, new_m, new_v
