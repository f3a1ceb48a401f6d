"""Teach the network of `pipeline.plates.covered` what covers a plate, on the views of `legibility_views.py`.

    python benchmarks/legibility_net.py

Needs PyTorch and onnx (2.13 and 1.23 were used), which are no part of the program: run it in an environment
of its own. Every fifth photo is held out; of those it tells what is found and who is wrongly accused.
Writes `pipeline/plates/covered.onnx`; the same views, versions and machine give the same bytes.
"""

import argparse
import copy
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from legibility_collage import lay_piece, spoiled

try:
    import torch
    from torch import nn
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
except ImportError:
    raise SystemExit("skipped: PyTorch is not installed here") from None

ROOT = Path(__file__).parents[1]
COLLECTED = ROOT / "build" / "legibility-views.npz"
NETWORK = ROOT / "pipeline" / "plates" / "covered.onnx"
SEED, BATCH, STEPS = 7, 128, 4200
# The pace of learning, reached after so many steps and then slowed by this power; what is kept is the mean of
# the weights over some hundred steps.
RATE, WARM, SLOWED, AVERAGED = 3e-3, 150, 0.35, 0.995
CHANNELS = (16, 32, 48, 96, 128)
# A piece is laid over this share of the bare views whose camera is at fault by less than that; they are shown
# so many times as often.
LAID, LEAST_FAULT, OFTENER = 0.7, 0.4, 6
# What is seldom is raised by this power of its rarity; a word is a view's where it is this much of it.
RARE, SURE = 0.35, 0.75
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
TOLD_EVERY, KEPT_EVERY = 100, 600
ACCUSING, INNOCENT, NOTHING = "covered", ("clear", "camera"), "nothing"
# What hides the plates of drawn trucks: seldom, and shown as often as bare views.
DRAWN = ("covered", "card", "rag")


def block(inward: int, outward: int, stride: int = 1, size: int = 3) -> nn.Sequential:
    """Return a convolution with its norm and bend."""
    folded = nn.Conv2d(inward, outward, size, stride, size // 2, bias=False)
    return nn.Sequential(folded, nn.BatchNorm2d(outward), nn.ReLU())


class Net(nn.Module):
    """Says of views (N, 4, 48, 128) what they are and, on a map (N, 12, 32), what of them is hidden."""

    def __init__(self, classes: int) -> None:
        """Make the layers."""
        super().__init__()
        a, b, c, d, e = CHANNELS
        self.near = nn.Sequential(block(4, a, 2, 5), block(a, b, 2), block(b, c))
        self.middle = nn.Sequential(block(c, d, 2), block(d, d))
        self.far = nn.Sequential(block(d, e, 2), block(e, e))
        self.map = nn.Sequential(block(c + d, 32, 1, 1), nn.Conv2d(32, 1, 1))
        self.placed = block(e, 24, 1, 1)
        self.last = nn.Sequential(
            nn.Dropout(0.2), nn.Linear(2 * e + 24 * 3 * 8 + 2 + 32 + 3, 64), nn.ReLU(), nn.Linear(64, classes)
        )

    def forward(self, views: torch.Tensor, about: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the words' scores (N, classes) and the map's."""
        near = self.near(views)
        middle = self.middle(near)
        far = self.far(middle)
        again = nn.functional.interpolate(middle, scale_factor=2.0, mode="nearest")
        hidden = self.map(torch.cat([near, again], 1))[:, 0]
        inside = torch.sigmoid(hidden)[:, 2:10, 4:28]
        parts = [far.mean((2, 3)), far.amax((2, 3)), self.placed(far).flatten(1), about]
        parts += [inside.mean((1, 2))[:, None], inside.amax((1, 2))[:, None]]
        parts += [torch.sigmoid(hidden).mean(1)]
        return self.last(torch.cat(parts, 1)), hidden


def scaled(about: torch.Tensor) -> torch.Tensor:
    """Return what is told beside the pixels, its numbers brought near to one."""
    crop, rows, wide = about.unbind(1)
    return torch.stack([crop, rows - 1, torch.log(wide.clamp(10, 400) / 100)], 1)


def shown(pixels: torch.Tensor, bare: torch.Tensor, inner: torch.Tensor) -> torch.Tensor:
    """Return pixels (N, 3, 48, 128) and what of them is known; of `bare` ones (N,) only what is `inner`."""
    known = 1 - bare[:, None, None, None] * (1 - inner)
    return torch.cat([(pixels - 0.45) * known, known], 1)


class Told(nn.Module):
    """The network as the program asks it: of one view, the share that is covered and the map of it."""

    def __init__(self, net: Net, inner: torch.Tensor, covered: int) -> None:
        """Keep the network, what lies inside the margin, and which word is asked for."""
        super().__init__()
        self.net, self.covered = net, covered
        self.register_buffer("inner", inner)

    def forward(self, pixels: torch.Tensor, about: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the share (N,) and the map (N, 12, 32) of pixels (N, 48, 128, 3) and what is told (N, 3)."""
        views = shown(pixels.float().permute(0, 3, 1, 2) / 255, about[:, 0], self.inner)
        scores, hidden = self.net(views, scaled(about))
        return torch.softmax(scores, 1)[:, self.covered], torch.sigmoid(hidden)


class Views:
    """The collected views as the network is given them."""

    def __init__(self, path: Path) -> None:
        """Read them."""
        kept = np.load(path, allow_pickle=False)
        self.classes = kept["classes"].tolist()
        self.pixels, self.word, self.hidden = kept["pixels"], kept["word"], kept["hidden"]
        self.known = torch.from_numpy(kept["known"].astype(np.float32))
        self.about, self.kind = kept["about"], kept["kind"]
        self.corners, self.characters = kept["corners"], kept["characters"]
        beside, above = kept["margin"].tolist()
        self.inner = torch.zeros(self.pixels.shape[1:3])
        self.inner[above:-above, beside:-beside] = 1
        self.taught, self.held = np.flatnonzero(~kept["held"]), np.flatnonzero(kept["held"])
        fault = self.word[:, self.classes.index("camera")]
        self.bare = (self.characters > 0) & (fault < LEAST_FAULT)
        self.pieces = self.taught[self.kind[self.taught] == "beside"]

    def given(self, which: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Return views and what is told beside them."""
        about = scaled(torch.from_numpy(self.about[which]))
        return shown(_channels_first(self.pixels[which]), about[:, 0], self.inner), about

    def varied(
        self, which: np.ndarray, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return views in other light and tint, some with a piece over them; what is told, words and maps."""
        pixels, word, hidden = self.pixels[which].copy(), self.word[which].copy(), self.hidden[which].copy()
        fault = word[:, self.classes.index("camera")].copy()
        for n in np.flatnonzero(self.bare[which]).tolist():
            if rng.random() < LAID:
                piece = self.pixels[rng.choice(self.pieces)]
                one = which[n]
                laid = lay_piece(
                    pixels[n], self.corners[one], int(self.characters[one]), self.about[one], piece, rng
                )
                pixels[n], hidden[n] = laid.pixels, _as_map(laid.share, hidden.shape[1:])
                word[n] *= 1 - laid.covered
                word[n, self.classes.index("camera")] += laid.covered * fault[n]
                word[n, self.classes.index(ACCUSING)] += laid.covered * (1 - fault[n])
        for n in np.flatnonzero(rng.random(len(which)) < 0.4).tolist():  # noqa: PLR2004
            pixels[n] = spoiled(pixels[n], rng)
        count, views = len(which), _channels_first(pixels)
        gain, tint = torch.empty(count, 1, 1, 1), torch.empty(count, 3, 1, 1)
        views = views * gain.uniform_(0.7, 1.3) * tint.uniform_(0.9, 1.1)
        views = (views + torch.empty(count, 1, 1, 1).uniform_(-0.1, 0.1)).clamp(0, 1)
        about = scaled(torch.from_numpy(self.about[which]))
        # Frames seen as crops, where there is a plate: a crop is one of a plate, or of what hides it.
        plate = torch.from_numpy(word[:, self.classes.index(NOTHING)]) < SURE
        about[:, 0] = ((about[:, 0] > 0) | (plate & (torch.rand(count) < 0.2))).float()  # noqa: PLR2004
        views = torch.roll(shown(views, about[:, 0], self.inner), torch.randint(-2, 3, (2,)).tolist(), (2, 3))
        return views, about, torch.from_numpy(word), torch.from_numpy(hidden)


def _channels_first(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels).float().permute(0, 3, 1, 2) / 255


def _as_map(share: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return share.reshape(shape[0], share.shape[0] // shape[0], shape[1], -1).mean((1, 3))


def teach(views: Views, count: int, keep: Callable[[Net], None]) -> None:
    """Teach for so many steps, and `keep` the network every now and then."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    usual = torch.from_numpy(views.word[views.taught].mean(0))
    weight = usual**-RARE / (usual ** (1 - RARE)).sum()
    net = Net(len(views.classes)).to(memory_format=torch.channels_last)
    mean = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(AVERAGED), use_buffers=True)
    steps = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=1e-2)
    pace = torch.optim.lr_scheduler.LambdaLR(
        steps, lambda n: min((n + 1) / WARM, 1) * (WARM / max(n, WARM)) ** SLOWED
    )
    often = np.where(views.bare[views.taught] | np.isin(views.kind[views.taught], DRAWN), OFTENER, 1.0)
    total = 0.0
    for number in range(1, count + 1):
        which = rng.choice(views.taught, BATCH, p=often / often.sum())
        pixels, about, truth, covers = views.varied(which, rng)
        with torch.autocast("cpu", torch.bfloat16):
            scores, hidden = net(pixels.contiguous(memory_format=torch.channels_last), about)
        word = -(torch.log_softmax(scores.float(), 1) * truth * weight).sum(1).mean()
        inner = np.s_[:, 2:10, 4:28]
        cost = nn.functional.binary_cross_entropy_with_logits
        off = cost(hidden.float()[inner], covers[inner], reduction="none").mean((1, 2))
        known = views.known[which]
        loss = word + (off * known).sum() / known.sum().clamp(min=1)
        steps.zero_grad()
        loss.backward()
        steps.step()
        pace.step()
        mean.update_parameters(net)
        total += loss.item()
        if number % TOLD_EVERY == 0:
            print(f"{number} of {count}: {total / TOLD_EVERY:.3f}", flush=True)
            total = 0.0
        if number % KEPT_EVERY == 0 or number == count:
            keep(copy.deepcopy(mean.module).eval())


def tell(views: Views, net: Net) -> None:
    """Print what is found and who is accused of the views held out, crops and frames apart."""
    with torch.no_grad():
        shares = torch.cat(
            [
                torch.softmax(net(*views.given(some))[0], 1)
                for some in np.array_split(views.held, len(views.held) // BATCH + 1)
            ]
        )
    accused, word = shares[:, views.classes.index(ACCUSING)].numpy(), views.word[views.held]
    found = word[:, views.classes.index(ACCUSING)] > SURE
    innocent = sum(word[:, views.classes.index(one)] for one in INNOCENT) > 0.999  # noqa: PLR2004  wholly
    crop = views.about[views.held, 0] > 0
    for name, group in (("crops", crop), ("frames", ~crop)):
        of_found, of_innocent = accused[group & found], accused[group & innocent]
        for least in THRESHOLDS:
            counts = f"{(of_found >= least).sum()} of {of_found.size}"
            wrong = f"{(of_innocent >= least).sum()} of {of_innocent.size}"
            print(f"{name}, from {least}: found {counts}, wrong {wrong}", flush=True)


def main() -> None:
    """Teach, tell, and keep the network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--to", type=Path, default=NETWORK)
    given = parser.parse_args()
    # More threads add in another order, and give other bytes.
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    views = Views(COLLECTED)

    def keep(net: Net) -> None:
        tell(views, net)
        told = Told(net, views.inner, views.classes.index(ACCUSING)).eval()
        one = torch.from_numpy(views.pixels[:1]), torch.ones(1, 3)
        names = {"input_names": ["pixels", "about"], "output_names": ["covered", "hidden"]}
        torch.onnx.export(told, one, given.to, dynamo=False, opset_version=17, **names)

    teach(views, given.steps, keep)


if __name__ == "__main__":
    main()
