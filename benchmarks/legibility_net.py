"""Teach the network of `pipeline.plates.covered` what covers a plate, on the views of `legibility_views.py`.

    python benchmarks/legibility_net.py

Needs PyTorch and onnx (2.13 and 1.23 were used), which are no part of the program: run it in an environment
of its own. Every fifth photo is held out; of those it tells what is found and who is wrongly accused.
Writes `pipeline/plates/covered.onnx`; the same views, versions and machine give the same bytes.
"""

import argparse
import zlib
from pathlib import Path

import numpy as np

try:
    import torch
    from torch import nn
except ImportError:
    raise SystemExit("skipped: PyTorch is not installed here") from None

ROOT = Path(__file__).parents[1]
COLLECTED = ROOT / "build" / "legibility-views.npz"
NETWORK = ROOT / "pipeline" / "plates" / "covered.onnx"
SEED, BATCH, RATE, HELD_OUT = 7, 128, 4e-3, 5
CHANNELS = (16, 32, 48, 64)
# What is seldom is raised by this power of its rarity; a word is a view's where it is this much of it.
RARE, SURE = 0.35, 0.75
THRESHOLDS = (0.5, 0.75, 0.8, 0.9, 0.95)
ACCUSING, INNOCENT = "covered", ("clear", "camera")


def block(inward: int, outward: int, stride: int = 1, size: int = 3) -> nn.Sequential:
    """Return a convolution with its norm and bend."""
    folded = nn.Conv2d(inward, outward, size, stride, size // 2, bias=False)
    return nn.Sequential(folded, nn.BatchNorm2d(outward), nn.ReLU())


class Net(nn.Module):
    """Says of views (N, 4, 32, 88) what they are and, on a map (N, 8, 22), what of them is hidden."""

    def __init__(self, classes: int) -> None:
        """Make the layers."""
        super().__init__()
        a, b, c, d = CHANNELS
        self.near = nn.Sequential(block(4, a, 2, 5), block(a, b, 2), block(b, c))
        self.map = nn.Conv2d(c, 1, 1)
        self.far = block(c, d, 2)
        self.last = nn.Sequential(
            nn.Linear(2 * (c + d) + 7, 48), nn.ReLU(), nn.Dropout(0.2), nn.Linear(48, classes)
        )

    def forward(self, views: torch.Tensor, about: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the words' scores (N, classes) and the map's."""
        near = self.near(views)
        hidden, far = self.map(near), self.far(near)
        inner, shown = near[:, :, 2:6, 3:19], torch.sigmoid(hidden)[:, :, 1:7, 3:19]
        parts = [far.mean((2, 3)), far.amax((2, 3)), inner.mean((2, 3)), inner.amax((2, 3))]
        parts += [about, shown.mean((2, 3)), shown.amax((2, 3))]
        return self.last(torch.cat(parts, 1)), hidden[:, 0]


def scaled(about: torch.Tensor) -> torch.Tensor:
    """Return what is told beside the pixels, its numbers brought near to one."""
    crop, rows, wide, sharp, bright = about.unbind(1)
    return torch.stack([crop, rows - 1, torch.log(wide.clamp(10, 400) / 100), sharp, bright], 1)


def shown(pixels: torch.Tensor, bare: torch.Tensor, inner: torch.Tensor) -> torch.Tensor:
    """Return pixels (N, 3, 32, 88) and what of them is known; of `bare` ones (N,) only what is `inner`."""
    known = 1 - bare[:, None, None, None] * (1 - inner)
    return torch.cat([(pixels - 0.45) * known, known], 1)


class Told(nn.Module):
    """The network as the program asks it: one view as it was collected, and the share that is covered."""

    def __init__(self, net: Net, inner: torch.Tensor, covered: int) -> None:
        """Keep the network, what lies inside the margin, and which word is asked for."""
        super().__init__()
        self.net, self.covered = net, covered
        self.register_buffer("inner", inner)

    def forward(self, pixels: torch.Tensor, about: torch.Tensor) -> torch.Tensor:
        """Return the share (N,) of pixels (N, 32, 88, 3) and what is told beside them (N, 5)."""
        views = shown(pixels.float().permute(0, 3, 1, 2) / 255, about[:, 0], self.inner)
        return torch.softmax(self.net(views, scaled(about))[0], 1)[:, self.covered]


class Views:
    """The collected views as the network is given them."""

    def __init__(self, path: Path) -> None:
        """Read them."""
        kept = np.load(path, allow_pickle=False)
        self.classes = kept["classes"].tolist()
        self.pixels, self.word = torch.from_numpy(kept["pixels"]), torch.from_numpy(kept["word"])
        self.hidden = torch.from_numpy(kept["hidden"])
        self.known = torch.from_numpy(kept["known"].astype(np.float32))
        self.about = scaled(torch.from_numpy(kept["about"]))
        beside, above = kept["margin"].tolist()
        self.inner = torch.zeros(self.pixels.shape[1:3])
        self.inner[above:-above, beside:-beside] = 1
        held = [zlib.crc32(name.encode()) % HELD_OUT == 0 for name in kept["name"].tolist()]
        self.taught, self.held = np.flatnonzero(~np.array(held)), np.flatnonzero(held)

    def given(self, which: torch.Tensor, *, varied: bool) -> tuple[torch.Tensor, torch.Tensor]:
        """Return views and what is told beside them; `varied` in light, tint, place and margin."""
        pixels = self.pixels[which].float().permute(0, 3, 1, 2) / 255
        count, about = len(which), self.about[which].clone()
        bare = about[:, 0] > 0
        if varied:
            gain, tint = torch.empty(count, 1, 1, 1), torch.empty(count, 3, 1, 1)
            pixels = pixels * gain.uniform_(0.75, 1.25) * tint.uniform_(0.92, 1.08)
            pixels = (pixels + torch.empty(count, 1, 1, 1).uniform_(-0.08, 0.08)).clamp(0, 1)
            bare |= torch.rand(count) < 0.2  # noqa: PLR2004  frames seen as crops
        about[:, 0] = bare.float()
        views = shown(pixels, about[:, 0], self.inner)
        if varied:
            views = torch.roll(views, torch.randint(-1, 2, (2,)).tolist(), (2, 3))
        return views, about


def teach(views: Views, passes: int) -> Net:
    """Return the network after so many passes over all views but those held out."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    usual = views.word[views.taught].mean(0)
    weight = usual**-RARE / (usual ** (1 - RARE)).sum()
    net = Net(len(views.classes))
    rounds = len(views.taught) // BATCH
    steps = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=1e-3)
    pace = torch.optim.lr_scheduler.OneCycleLR(steps, RATE, total_steps=passes * rounds + 1, pct_start=0.15)
    for number in range(passes):
        total = 0.0
        for some in np.split(rng.permutation(views.taught)[: rounds * BATCH], rounds):
            which = torch.from_numpy(some)
            scores, hidden = net(*views.given(which, varied=True))
            word = -(torch.log_softmax(scores, 1) * views.word[which] * weight).sum(1).mean()
            inner = np.s_[:, 1:7, 2:20]
            cost = nn.functional.binary_cross_entropy_with_logits
            off = cost(hidden[inner], views.hidden[which][inner], reduction="none").mean((1, 2))
            known = views.known[which]
            loss = word + (off * known).sum() / known.sum().clamp(min=1)
            steps.zero_grad()
            loss.backward()
            steps.step()
            pace.step()
            total += loss.item()
        print(f"pass {number + 1}: {total / rounds:.3f}", flush=True)
    return net.eval()


def tell(views: Views, net: Net) -> None:
    """Print what is found and who is accused of the views held out, crops and frames apart."""
    which = torch.from_numpy(views.held)
    with torch.no_grad():
        shares = torch.softmax(net(*views.given(which, varied=False))[0], 1)
    share, word = views.word[which].max(1)
    accused = shares[:, views.classes.index(ACCUSING)]
    sure = (word == views.classes.index(ACCUSING)) & (share > SURE)
    innocent = sum(word == views.classes.index(one) for one in INNOCENT) > 0
    for name, group in (("crops", views.about[which, 0] > 0), ("frames", views.about[which, 0] == 0)):
        for least in THRESHOLDS:
            found, wrong = (int((accused[group & of] >= least).sum()) for of in (sure, innocent))
            counts = int((group & sure).sum()), int((group & innocent).sum())
            print(f"{name}, from {least}: found {found} of {counts[0]}, wrong {wrong} of {counts[1]}")


def main() -> None:
    """Teach, tell, and keep the network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passes", type=int, default=6)
    parser.add_argument("--to", type=Path, default=NETWORK)
    given = parser.parse_args()
    # More threads add in another order, and give other bytes.
    torch.set_num_threads(1)
    views = Views(COLLECTED)
    net = teach(views, given.passes)
    tell(views, net)
    told = Told(net, views.inner, views.classes.index(ACCUSING)).eval()
    one = views.pixels[:1], torch.ones(1, 5)
    names = {"input_names": ["pixels", "about"], "output_names": ["covered"]}
    torch.onnx.export(told, one, given.to, dynamo=False, opset_version=17, **names)


if __name__ == "__main__":
    main()
