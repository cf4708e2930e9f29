# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to find TripoSR's surface: the dense grid of the published code against sampling near the surface, in one run.

    python benchmarks/triposr_extraction.py [--resolutions 256 512] [--no-page]

No checkpoint is needed: planes and decoder of the published sizes are fitted to a standing body that holds a stick of one and a half cells'
thickness. Each extraction runs in a process of its own, on one thread, with the published chunk size; seconds are CPU seconds, memory is
the most the process held beyond what it held before. Distances are between the vertices of the two meshes, both ways, the largest, in per
cent of the cube's side.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from results_page import machine, replace_section, table

RADIUS, BIAS, LEVEL, CHUNK = 0.87, -1.0, 25.0, 8192
FIGURE_HEIGHT = 1.18
"""Scene units: 0.85 of the picture's height at the training camera's distance."""
STICK = ((0.33, -0.25, -0.55), (0.33, -0.25, 0.55), 0.75 * 2 * RADIUS / 255)
"""Ends and radius in scene units."""
SLOPE, LOWEST, HIGHEST = 60.0, -6.0, 7.0
"""Change of the logarithm of the density per scene unit, and its bounds."""
STEPS, POINTS = 1200, 4096
"""Of the fit."""
Doubles = npt.NDArray[np.float64]


def figure() -> tuple[Doubles, npt.NDArray[np.int64]]:
    """The mean body in scene axes and units, its middle at the origin."""
    from dressform.inference.body.model import load_body_model

    model = load_body_model()
    vertices = model.template[:, [2, 0, 1]]
    middle, size = (vertices.max(0) + vertices.min(0)) / 2, np.ptp(vertices[:, 2])
    return (vertices - middle) * FIGURE_HEIGHT / size, model.faces[model.skin[model.faces[:, 0]]].astype(np.int64)


def log_density(points: Doubles, vertices: Doubles, faces: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """What the field is to be at points."""
    import igl

    distance = np.sqrt(igl.point_mesh_squared_distance(points, vertices, faces)[0])
    distance[igl.fast_winding_number(vertices, faces, points) > 0.5] *= -1
    start, end, radius = (np.array(value) for value in STICK)
    along = np.clip((points - start) @ (end - start) / ((end - start) @ (end - start)), 0, 1)
    stick = np.linalg.norm(points - start - along[:, None] * (end - start), axis=1) - radius
    return np.clip(np.log(LEVEL) - SLOPE * np.minimum(distance, stick), LOWEST, HIGHEST).astype(np.float32)


def fit(path: Path) -> float:
    """Fit planes and decoder, save them, and return the mean error of the field's logarithm near its surface."""
    import torch
    from dressform.inference.networks.triposr.radiance import Decoder, query

    torch.manual_seed(0)
    draw = np.random.default_rng(0)
    vertices, faces = figure()
    planes = torch.nn.Parameter(0.1 * torch.randn(3, 40, 64, 64))
    decoder = Decoder()
    for layer in decoder.layers:
        if isinstance(layer, torch.nn.Linear):
            torch.nn.init.orthogonal_(layer.weight, 1.7)
            torch.nn.init.zeros_(layer.bias)
    torch.nn.init.orthogonal_(layer.weight, 0.3)
    optimiser = torch.optim.Adam([{"params": [planes], "lr": 0.02}, {"params": decoder.parameters(), "lr": 2e-3}])
    start, end, _ = (np.array(value) for value in STICK)
    pool = np.concatenate([
        draw.uniform(-RADIUS, RADIUS, (120_000, 3)),
        vertices[draw.integers(len(vertices), size=200_000)] + draw.normal(0, 0.02, (200_000, 3)),
        start + draw.random((40_000, 1)) * (end - start) + draw.normal(0, 0.01, (40_000, 3))])
    goal = torch.from_numpy(log_density(pool, vertices, faces))
    points = torch.from_numpy(pool.astype(np.float32))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [0.02, 2e-3], STEPS)
    for _ in range(STEPS):
        pick = torch.from_numpy(draw.integers(len(pool), size=POINTS))
        optimiser.zero_grad()
        error = (query(decoder, planes, points[pick], RADIUS, BIAS).density + BIAS - goal[pick]).abs()
        error.mean().backward()
        optimiser.step()
        schedule.step()
    torch.save({"planes": planes.detach(), "decoder": decoder.state_dict()}, path)
    return float(error.detach().mean())


def scene(path: Path) -> Any:
    """The fitted scene."""
    import torch
    from dressform.inference.networks.triposr.network import Scene
    from dressform.inference.networks.triposr.radiance import Decoder

    stored = torch.load(path, weights_only=True)
    decoder = Decoder()
    decoder.load_state_dict(stored["decoder"])
    return Scene(decoder.eval(), stored["planes"], RADIUS, BIAS, CHUNK)


def dense(field: Any, resolution: int) -> tuple[Doubles, npt.NDArray[np.int64], int]:
    """Every node of the grid, then marching cubes, as the published code does."""
    import mcubes

    axis = np.linspace(-RADIUS, RADIUS, resolution, dtype=np.float32)
    values = np.empty((resolution,) * 3, np.float32)
    for number, x in enumerate(axis):
        plane = np.stack(np.meshgrid(np.float32([x]), axis, axis, indexing="ij"), -1).reshape(-1, 3)
        values[number] = np.exp(field.log_density(plane)).reshape(resolution, resolution)
    vertices, faces = mcubes.marching_cubes(values, LEVEL)
    return vertices * (2 * RADIUS / (resolution - 1)) - RADIUS, faces.astype(np.int64), resolution ** 3


def near_the_surface(field: Any, resolution: int) -> tuple[Doubles, npt.NDArray[np.int64], int]:
    """Coarse to fine."""
    from dressform.inference.reconstruct.triposr import surface_of_scene

    found = surface_of_scene(field, resolution, LEVEL)
    return found.vertices.astype(np.float64), found.faces.astype(np.int64), found.evaluations


class PeakMemory:
    """The most memory this process holds while a block runs, beyond what it held before; looked at every 5 ms."""

    def __enter__(self) -> PeakMemory:
        self._before, self.megabytes, self._stop = self._now(), 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.005):
            self.megabytes = max(self.megabytes, self._now() - self._before)

    @staticmethod
    def _now() -> float:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize() / 1e6


def extract(path: Path, way: str, resolution: int, out: Path) -> None:
    """One extraction in this process; its mesh goes to ``out`` and its cost to standard output."""
    import torch

    for module in ("mcubes", "scipy.ndimage", "dressform.inference.reconstruct.triposr"):       # loaded before the clock runs
        import_module(module)

    torch.set_num_threads(1)
    field = scene(path)
    field.log_density(np.zeros((CHUNK, 3), np.float32))
    with PeakMemory() as memory:
        start = time.process_time()
        vertices, faces, evaluations = {"dense": dense, "near": near_the_surface}[way](field, resolution)
        seconds = time.process_time() - start
    np.savez(out, vertices=vertices, faces=faces)
    print(json.dumps({"evaluations": evaluations, "seconds": seconds, "megabytes": memory.megabytes, "vertices": len(vertices),
                      "faces": len(faces), "open_edges": open_edges(faces)}))


def open_edges(faces: npt.NDArray[np.int64]) -> int:
    """Edges that do not have two faces."""
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1)
    return int((np.unique(edges, axis=0, return_counts=True)[1] != 2).sum())


def apart(first: Path, second: Path) -> float:
    """Largest distance between the vertices of two meshes, in per cent of the cube's side."""
    from scipy.spatial import cKDTree

    a, b = np.load(first)["vertices"], np.load(second)["vertices"]
    return 100 * float(max(cKDTree(a).query(b)[0].max(), cKDTree(b).query(a)[0].max())) / (2 * RADIUS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resolutions", type=int, nargs="+", default=[256, 512], help="the first one is also done densely")
    parser.add_argument("--scene", type=Path, help="keep the fitted scene here, and use it if it is there")
    parser.add_argument("--no-page", action="store_true", help="leave RESULTS.md as it is")
    parser.add_argument("--extract", nargs=3, metavar=("WAY", "RESOLUTION", "OUT"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.extract:
        way, resolution, out = chosen.extract
        extract(chosen.scene, way, int(resolution), Path(out))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = chosen.scene or folder / "scene.pt"
        if not path.exists():
            print(f"fitted: mean error of the logarithm {fit(path):.2f}", flush=True)
        runs = [("dense", chosen.resolutions[0]), *(("near", resolution) for resolution in chosen.resolutions)]
        results = []
        for way, resolution in runs:
            out = folder / f"{way}{resolution}.npz"
            said = subprocess.run([sys.executable, __file__, "--scene", str(path), "--extract", way, str(resolution), str(out)], check=True,
                                  capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}).stdout
            results.append(json.loads(said))
            print(way, resolution, said.strip(), flush=True)
        reference, ours = results[0], results[1]
        distance = apart(folder / f"dense{runs[0][1]}.npz", folder / f"near{runs[1][1]}.npz")
    rows = [[f"{'every node' if way == 'dense' else 'near the surface'}, {resolution}³", f"{r['evaluations'] / 1e6:.2f} M",
             f"{r['seconds']:.1f}", f"{r['megabytes']:.0f}", f"{r['faces']}", f"{r['open_edges']}"]
            for (way, resolution), r in zip(runs, results, strict=True)]
    text = "\n\n".join([
        f"`python benchmarks/triposr_extraction.py` on {machine()}.",
        f"At {runs[0][1]}³: {reference['evaluations'] / ours['evaluations']:.0f} times fewer evaluations of the decoder, "
        f"{reference['seconds'] / ours['seconds']:.0f} times less CPU time; the two meshes are {distance:.5f} % of the cube apart at most. "
        "The network before it costs the same in both.",
        table(["surface", "evaluations", "CPU s", "memory MB", "faces", "open edges"], rows)])
    print(text)
    if not chosen.no_page:
        replace_section("triposr", text)


if __name__ == "__main__":
    main()
