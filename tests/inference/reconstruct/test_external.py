# SPDX-License-Identifier: GPL-3.0-or-later
"""A program of one's own makes the mesh; it comes out upright, in metres, closed, bound to the body, in its own colours at the back."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError, Cancelled, InputError
from dressform.inference.normals import vertex_normals
from dressform.inference.progress import silent
from dressform.inference.reconstruct import reconstruct_surface
from dressform.inference.reconstruct.external import COMMAND_VARIABLE, command_of, filled, run
from dressform.inference.reconstruct.mesh_file import read_mesh
from dressform.inference.reconstruct.placement import any_orientation, axis_orientations, place
from dressform.inference.records import Part
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

PROGRAM = Path(__file__).with_name("figure_program.py")
FRONT, BACK = (180, 80, 60), (40, 70, 210)
"""sRGB of the program's figure; the photo's is a little redder."""


def settings(*command, **options) -> Settings:
    return Settings({"command": list(command), **options})


def running(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def ended(pid: int, seconds: float = 10.0) -> bool:
    """Whether a process has ended, or does so soon; one that nobody has asked for its status yet counts as ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat")
            if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="session")
def surface(mannequin, wearer, tmp_path_factory):
    stored = tmp_path_factory.mktemp("figure") / "mesh.npz"
    faces = mannequin.faces[mannequin.outer]
    np.savez(stored, vertices=mannequin.vertices, faces=faces, normals=vertex_normals(mannequin.vertices, faces),
             front=np.array(FRONT, np.uint8), back=np.array(BACK, np.uint8))
    heard = []
    command = settings(sys.executable, str(PROGRAM), "{image}", "{out}", str(stored))
    made = reconstruct_surface(wearer, mannequin, 20_000, "external", heard.append, command)
    return made, [progress.message for progress in heard]


def test_the_mesh_is_turned_scaled_and_put_on_the_body(surface, mannequin):
    made, _ = surface
    distance, _ = cKDTree(mannequin.vertices).query(made.vertices)
    assert np.median(distance) < 0.012
    assert np.ptp(made.vertices[:, 1]) == pytest.approx(1.7, rel=0.02)
    toes = made.vertices[made.vertices[:, 1] < 0.06, 2]
    assert toes.max() > -toes.min()                      # feet point forward


def test_it_is_closed_and_of_the_size_asked_for(surface):
    made, _ = surface
    edges = np.sort(np.concatenate([made.faces[:, [0, 1]], made.faces[:, [1, 2]], made.faces[:, [2, 0]]]), 1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    assert len(made.faces) == pytest.approx(20_000, rel=0.02)
    a, b, c = (made.vertices[made.faces[:, k]].astype(np.float64) for k in range(3))
    assert np.einsum("nk,nk->", a, np.cross(b, c)) > 0


def test_it_is_bound_to_the_body_beneath(surface, mannequin):
    made, _ = surface
    assert (mannequin.parts[made.body_vertex] == made.parts).all()
    left_hand = made.vertices[made.parts == Part.LEFT_HAND]
    true = mannequin.vertices[mannequin.parts == Part.LEFT_HAND]
    assert np.linalg.norm(left_hand.mean(0) - true.mean(0)) < 0.05
    assert made.cover is not None


def test_it_brings_its_own_colours(surface):
    made, _ = surface
    behind, before = made.normals[:, 2] < -0.7, made.normals[:, 2] > 0.7
    assert np.allclose(np.median(made.colours[behind], axis=0), BACK, atol=6)
    assert np.allclose(np.median(made.colours[before], axis=0), FRONT, atol=6)


def test_the_texture_is_the_photo_in_front_and_the_programs_behind(surface, mannequin, wearer):
    from dressform.inference.texture import texture_surface

    made, _ = surface
    mesh = texture_surface(made, mannequin, wearer, 512)
    corner = mesh.uv[mesh.faces].mean(1)
    texel = mesh.base_colour[((1 - corner[:, 1]) * 511).astype(int), (corner[:, 0] * 511).astype(int)].astype(float)
    normal = made.normals[mesh.source][mesh.faces].mean(1)
    front, back = (np.median(texel[normal[:, 2] * side > 0.8], axis=0) for side in (1, -1))
    assert front[0] > front[2] + 80                      # the photo's red
    assert back[2] > back[0] + 40                        # the program's blue, in the photo's tone
    assert mesh.charts <= 40


def test_people_hear_what_goes_on(surface):
    _, heard = surface
    assert any("Waiting for python" in message for message in heard)
    assert heard[-1] == "Closing the mesh"


@pytest.mark.slow
@pytest.mark.parametrize("number", range(4))
def test_any_axes_and_a_lean_are_undone(mannequin, wearer, number):
    draw = np.random.default_rng(number)
    lean = Rotation.from_euler("zxy", draw.uniform(-12, 12, 3) * (1, 1, 3), degrees=True).as_matrix()
    turn = axis_orientations()[draw.integers(24)] @ lean
    mesh = mannequin.vertices @ turn.T * draw.uniform(0.01, 100) + draw.normal(size=3)
    faces = mannequin.faces[mannequin.outer]
    found = place(mesh, faces, wearer, mannequin, any_orientation(mesh, faces))
    assert found.overlap > 0.93
    assert np.degrees(Rotation.from_matrix(found.similarity.rotation @ turn).magnitude()) < 5
    placed = found.similarity(mesh)
    assert np.linalg.norm(placed - mannequin.vertices, axis=1).mean() < 0.02
    assert np.allclose(found.similarity.inverse(placed), mesh)


def test_what_is_no_person_is_refused(mannequin, wearer, tmp_path):
    plate = tmp_path / "plate.obj"
    plate.write_text("v -9 0 -9\nv 9 0 -9\nv 9 0 9\nv -9 0 9\nv -9 9 -9\nv 9 9 -9\nv 9 9 9\nv -9 9 9\n"
                     "f 1 2 3 4\nf 8 7 6 5\nf 1 5 6 2\nf 2 6 7 3\nf 3 7 8 4\nf 4 8 5 1\n")
    copy = "import shutil, sys; shutil.copy(sys.argv[1], sys.argv[2])"
    command = settings(*running(copy), str(plate), "{folder}/cube.obj")
    with pytest.raises(BackendError, match="does not look like the person") as refused:
        reconstruct_surface(wearer, mannequin, 5000, "external", silent, command)
    assert refused.value.code == "external_no_person"


def test_an_open_sheet_is_refused(mannequin, wearer):
    from dressform.inference.reconstruct.remesh import surface_from_mesh

    front = mannequin.faces[mannequin.outer]
    front = front[vertex_normals(mannequin.vertices, front)[front].mean(1)[:, 2] > 0.85]
    with pytest.raises(BackendError, match="does not enclose a body"):
        surface_from_mesh(mannequin.vertices.astype(np.float64), front, wearer, mannequin, 5000)


@pytest.mark.parametrize(("code", "error", "words"), [
    ("import sys; print('loading'); print('CUDA is not there', file=sys.stderr); sys.exit(7)", "external_failed", "CUDA is not there"),
    ("import sys; sys.exit(7)", "external_failed", "status 7"),
    ("pass", "external_no_mesh", "without writing a mesh"),
    ("import sys; open(sys.argv[1], 'wb').write(b'glTF' + bytes(40))", "bad_mesh", "mesh.glb cannot be used"),
    ("import sys; open(sys.argv[1], 'w').write('v 0 0 0')", "bad_mesh", "no triangles"),
])
def test_a_program_that_fails_is_quoted(mannequin, wearer, code, error, words):
    with pytest.raises(BackendError) as refused:
        reconstruct_surface(wearer, mannequin, 5000, "external", silent, settings(*running(code), "{out}"))
    assert refused.value.code == error
    assert words in str(refused.value)


def test_a_program_that_is_not_there_is_named(mannequin, wearer):
    with pytest.raises(BackendError, match="no-such-program cannot be started") as refused:
        reconstruct_surface(wearer, mannequin, 5000, "external", silent, settings("/no-such-program", "{out}"))
    assert refused.value.code == "external_not_found"


CHILD = "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); " \
        "open('pid', 'w').write(str(child.pid)); print('thinking', flush=True); time.sleep(60)"


def child_of(folder: Path) -> int:
    end = time.monotonic() + 20
    while not (text := (folder / "pid").read_text() if (folder / "pid").exists() else ""):
        assert time.monotonic() < end
        time.sleep(0.02)
    return int(text)


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are those of POSIX")
def test_a_program_that_takes_too_long_is_ended_with_its_children(tmp_path):
    with pytest.raises(BackendError, match="not done after 3 seconds") as refused:
        run(running(CHILD), tmp_path, 3.0, silent)
    assert "thinking" in refused.value.hint
    assert ended(child_of(tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are those of POSIX")
def test_cancelling_ends_the_program_and_its_children(tmp_path):
    seen = []

    def cancel(_progress):
        if (tmp_path / "pid").exists():
            seen.append(child_of(tmp_path))
            raise Cancelled

    with pytest.raises(Cancelled):
        run(running(CHILD), tmp_path, 60.0, cancel)
    assert ended(seen[0])


def test_a_program_that_ignores_the_request_to_end_is_ended_nevertheless(tmp_path, monkeypatch):
    monkeypatch.setattr("dressform.inference.reconstruct.external.GRACE_S", 0.3)
    stubborn = f"import os, signal, time; signal.signal({int(signal.SIGTERM)}, signal.SIG_IGN); " \
               "open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    with pytest.raises(BackendError, match="not done"):
        run(running(stubborn), tmp_path, 3.0, silent)
    assert ended(child_of(tmp_path))


def test_no_shell_reads_the_arguments(tmp_path):
    run([*running("import sys; open('said', 'w').write(sys.argv[1])"), "$(touch owned); `id` & x"], tmp_path, 60.0, silent)
    assert (tmp_path / "said").read_text() == "$(touch owned); `id` & x"
    assert not (tmp_path / "owned").exists()


def test_the_program_does_not_inherit_our_python(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/ours")
    monkeypatch.setenv("VIRTUAL_ENV", "/ours")
    run(running("import os; open('said', 'w').write(str({'PYTHONPATH', 'VIRTUAL_ENV'} & set(os.environ)))"), tmp_path, 60.0, silent)
    assert (tmp_path / "said").read_text() == "set()"


def test_the_command_comes_from_the_option_or_the_environment(monkeypatch):
    monkeypatch.setenv(COMMAND_VARIABLE, "python 'my script.py' {image} {out}")
    assert command_of(Settings()) == ["python", "my script.py", "{image}", "{out}"]
    assert command_of(Settings({"command": '["make", "{folder}"]'})) == ["make", "{folder}"]
    monkeypatch.delenv(COMMAND_VARIABLE)
    with pytest.raises(BackendError, match="No command is set"):
        command_of(Settings())


@pytest.mark.parametrize("command", [7, ["make"], ["make", 3, "{out}"], "make 'open {out}", '["make", {out}]'])
def test_what_is_no_command_is_refused(command):
    with pytest.raises(InputError):
        command_of(Settings({"command": command}))


def test_only_known_braces_are_filled(tmp_path):
    assert filled(["--set={x}", "{out}/{out}"], {"out": tmp_path}) == ["--set={x}", f"{tmp_path}/{tmp_path}"]


def test_an_obj_with_materials_keeps_their_colours(tmp_path):
    (tmp_path / "m.mtl").write_text("newmtl a\nKd 1 0 0\nnewmtl b\nKd 0 0 1\n")
    (tmp_path / "m.obj").write_text("mtllib m.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nv 5 0 0\nv 6 0 0\nv 5 1 0\n"
                                    "usemtl a\nf 1 2 3\nusemtl b\nf -3 -2 -1\n")
    mesh = read_mesh(tmp_path / "m.obj")
    assert mesh.colours_at(np.array([[0.1, 0.1, 0.3], [5.1, 0.1, -0.2]])).round().tolist() == [[255, 0, 0], [0, 0, 255]]


def test_a_mesh_file_opens_nothing_outside_its_folder(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.mtl").write_text("newmtl a\n")
    (inner / "m.obj").write_text("mtllib ../secret.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    with pytest.raises(BackendError, match="outside its folder"):
        read_mesh(inner / "m.obj")
