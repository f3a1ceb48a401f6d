"""Reading frames beside bare inference: a night's reading against its networks' own runs on the same crops.

Frames are drawn, by day and by night, plates clear and hidden. Every run of a network is timed where it
happens, within the reading; what is left is decoding, finding, cutting, weighing. Processor time, one thread.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnxruntime
from runner import keep, machine, ratio_line
from scale_input import DAY, LANES

from models.values.passages import FrameKind
from pipeline.judge import FrameFile, _read
from pipeline.plates.look import LookingReader, load_looking_reader
from stations.roadside.night import simulate_vehicles
from stations.roadside.shot import Side
from stations.roadside.station import RoadsideStation
from stations.roadside.write import StationNight


class Bare:
    """Times every run of every network: those of onnxruntime, and the one of OpenCV."""

    def __init__(self, reader: LookingReader) -> None:
        """Stand before the networks of `reader`."""
        self.seconds, self.runs = 0.0, 0
        onnxruntime.InferenceSession.run = self._timing(onnxruntime.InferenceSession.run)
        third = reader.engines.third
        third._net = _Net(third._net, self._timing(third._net.forward))  # noqa: SLF001 (nothing else runs it)

    def _timing(self, run: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **more: Any) -> Any:  # noqa: ANN401 (whatever the network gives)
            start = time.process_time()
            try:
                return run(*given, **more)
            finally:
                self.seconds += time.process_time() - start
                self.runs += 1

        return timed


class _Net:
    """OpenCV's network with another `forward`; its own can't be replaced."""

    def __init__(self, net: Any, forward: Callable[..., Any]) -> None:  # noqa: ANN401 (OpenCV's own)
        self.setInput, self.forward = net.setInput, forward


def main() -> None:
    """Read drawn frames and tell both times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--photos", type=Path, help="a folder of photos instead")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        frames = _photos(given.photos)[: given.frames] if given.photos else _drawn(Path(place), given.frames)
        reader = load_looking_reader(Path(place) / "weights", 1)
        bare = Bare(reader)
        _read(frames[0], reader)
        whole, networks = list[float](), list[float]()
        for _ in range(given.repeats):
            bare.seconds, bare.runs, start = 0.0, 0, time.process_time()
            for frame in frames:
                _read(frame, reader)
            whole.append(time.process_time() - start)
            networks.append(bare.seconds)
    given.rows, given.file = len(frames), given.photos
    each = [f"{min(one) / len(frames) * 1e3:.0f} ms" for one in (whole, networks)]
    lines = [
        f"a frame: reading {each[0]}, networks alone {each[1]}, {bare.runs / len(frames):.1f} runs",
        ratio_line("reading over its networks, processor time", whole, networks, "1.2"),
    ]
    keep("reading", given, [*lines, *machine(("onnxruntime", "opencv-python-headless"))])


def _frame(number: int, path: Path) -> FrameFile:
    return FrameFile(frame_id=number, position=number, kind=FrameKind.FRONT, path=path, damaged=False)


def _photos(folder: Path) -> list[FrameFile]:
    return [_frame(number, path) for number, path in enumerate(sorted(folder.rglob("*.jpg")))]


def _drawn(folder: Path, count: int) -> list[FrameFile]:
    station = RoadsideStation(station_id="bench", station_code="B", format="hs_data", lanes=LANES)
    vehicles = simulate_vehicles(DAY, 1, count, [station])[0]
    drawing = StationNight(station=station, vehicles=vehicles, seed=1)
    frames = []
    for number, vehicle in enumerate(vehicles[:count]):
        path = folder / f"{number}.jpg"
        path.write_bytes(drawing.picture(drawing.shot(vehicle, Side.FRONT)))
        frames.append(_frame(number, path))
    return frames


if __name__ == "__main__":
    main()
