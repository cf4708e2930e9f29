# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: what it asks of the pipeline, what it says, and how it ends."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dressform.inference import cli
from dressform.inference.errors import InputError
from dressform.inference.progress import Progress
from dressform.inference.records import Look
from dressform.inference.request import GarmentRequest, LookRequest
from dressform.inference.turntable import TurntableRequest, render_turntable


class Pipeline:
    """Stands in for the pipeline: remembers the request and writes what it is told to."""

    def __init__(self, failure: BaseException | None = None, warnings: tuple[str, ...] = ()) -> None:
        self.failure, self.warnings, self.requests = failure, warnings, []

    def __call__(self, request: LookRequest, out: Path, progress) -> Look:
        self.requests.append(request)
        progress(Progress("person", 0, 2, "Finding the person"))
        progress(Progress("export", 1, 2, "Writing the look"))
        os.write(2, b"a library talks\n")
        if self.failure is not None:
            raise self.failure
        out.mkdir(parents=True, exist_ok=True)
        (out / "look.glb").write_bytes(b"glTF")
        return Look(out, {"schema": 1, "name": "Łuk"}, self.warnings)


@pytest.mark.parametrize(("text", "expected"), [
    ("tee.jpg", GarmentRequest(Path("tee.jpg"))),
    ("top:tee.jpg", GarmentRequest(Path("tee.jpg"), "top")),
    ("outer+worn+open:coat.png", GarmentRequest(Path("coat.png"), "outer", "worn", open_front=True)),
    ("top+tucked+rolled:a b/ä:1.png", GarmentRequest(Path("a b/ä:1.png"), "top", tucked=True, sleeves_rolled=True)),
    ("top+310,420+290.5,400:tee.jpg", GarmentRequest(Path("tee.jpg"), "top", points=((310.0, 420.0), (290.5, 400.0)))),
    ("+310,420+-9,8.5:tee.jpg", GarmentRequest(Path("+310,420+-9,8.5:tee.jpg"))),
    ("auto+310,420+-9,8.5:tee.jpg", GarmentRequest(Path("tee.jpg"), points=((310.0, 420.0),), points_off=((9.0, 8.5),))),
    (r"C:\photos\tee.jpg", GarmentRequest(Path(r"C:\photos\tee.jpg"))),
    (r"dress:C:\photos\dress.jpg", GarmentRequest(Path(r"C:\photos\dress.jpg"), "dress")),
])
def test_a_garment_is_a_file_with_words_before_its_colon(text, expected):
    assert cli.parse_garment(text) == expected


@pytest.mark.parametrize("text", ["shirt:tee.jpg", "top+wet:tee.jpg", "top:", "top,tucked:tee.jpg"])
def test_words_that_mean_nothing_are_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match=r"category|no file"):
        cli.parse_garment(text)


def test_a_file_whose_name_has_a_colon_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("shirt:blue.jpg").touch()
    assert cli.parse_garment("shirt:blue.jpg").photo == Path("shirt:blue.jpg")


def test_options_reach_the_request(tmp_path, capfd):
    pipeline = Pipeline()
    status = cli.main(["look", "me.jpg", "-g", "bottom:jeans.jpg", "-g", "top:tee.jpg", "--out", str(tmp_path), "--height", "1.81",
                       "--tryon", "none", "--texture", "1024", "--faces", "9000", "--seed", "3", "--keep-stages"], make=pipeline)
    assert status == 0
    garments = (GarmentRequest(Path("jeans.jpg"), "bottom"), GarmentRequest(Path("tee.jpg"), "top"))
    assert pipeline.requests == [LookRequest(Path("me.jpg"), garments, 1.81, "none", "body", 1024, 9000, 3, {}, True)]


def test_backends_device_and_options_reach_the_request(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path / "models"))
    pipeline = Pipeline()
    status = cli.main(["look", "me.jpg", "--out", str(tmp_path), "--matting", "u2net", "--parser", "schp-atr", "--pose", "dwpose",
                       "--device", "cuda:1", "--option", "fashn.precision=bfloat16", "--option", "fashn.steps=12",
                       "--option", "external.command=[\"make\", \"{out}\"]", "--accept-licence", "--garment-mask", "u2net-cloth",
                       "--points", "410,520", "300.5,8", "--points-off", "1,2", "--region-mask", "go.png"], make=pipeline)
    assert status == 0
    request = pipeline.requests[0]
    assert (request.garment_mask, request.points) == ("u2net-cloth", ((410.0, 520.0), (300.5, 8.0)))
    assert (request.points_off, request.region_mask) == (((1.0, 2.0),), Path("go.png"))
    assert (request.matting, request.parser, request.pose, request.device) == ("u2net", "schp-atr", "dwpose", "cuda:1")
    assert request.backend_options == {"fashn": {"precision": "bfloat16", "steps": 12}, "external": {"command": ["make", "{out}"]}}
    assert request.settings("fashn").option("precision", "auto") == "bfloat16"


def test_a_mask_belongs_to_the_garment_before_it(tmp_path, capfd):
    pipeline = Pipeline()
    assert cli.main(["look", "me.jpg", "-g", "bottom:a.jpg", "-g", "b.jpg", "--mask", "m.png", "-o", str(tmp_path)], make=pipeline) == 0
    assert pipeline.requests[0].garments == (GarmentRequest(Path("a.jpg"), "bottom"), GarmentRequest(Path("b.jpg"), mask=Path("m.png")))
    assert cli.main(["look", "me.jpg", "--mask", "m.png", "-g", "b.jpg", "-o", str(tmp_path)], make=pipeline) == cli.USAGE
    assert "--mask must stand after the --garment" in capfd.readouterr().err


@pytest.mark.parametrize("text", ["fashn", "fashn.steps", "steps=3", ".steps=3", "fashn.=3"])
def test_an_option_of_another_form_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="BACKEND"):
        cli.parse_option(text)


def test_a_look_prints_its_file_and_one_line_per_stage(tmp_path, capfd):
    assert cli.main(["look", "me.jpg", "--out", str(tmp_path)], make=Pipeline(warnings=("No height was given.",))) == 0
    said = capfd.readouterr()
    assert said.out.strip() == str(tmp_path / "look.glb")
    lines = said.err.splitlines()
    assert [line.split()[1] for line in lines[:2]] == ["person", "export"]
    assert lines[2] == "note: No height was given."
    assert "a library talks" not in said.err


def test_quiet_says_nothing_but_the_file(tmp_path, capfd):
    assert cli.main(["look", "me.jpg", "--out", str(tmp_path), "--quiet"], make=Pipeline(warnings=("x",))) == 0
    assert capfd.readouterr().err == ""


def test_json_prints_the_report(tmp_path, capfd):
    assert cli.main(["look", "me.jpg", "--out", str(tmp_path), "--json"], make=Pipeline()) == 0
    assert json.loads(capfd.readouterr().out) == {"schema": 1, "name": "Łuk"}


def test_a_known_failure_is_one_sentence_and_a_hint(tmp_path, capfd):
    failure = InputError("no_person", "me.jpg shows no person.", "Choose a photo of one person.")
    assert cli.main(["look", "me.jpg", "--out", str(tmp_path), "--quiet"], make=Pipeline(failure)) == 1
    assert capfd.readouterr().err == "dressform: me.jpg shows no person. Choose a photo of one person.\n"


def test_a_known_failure_is_an_object_with_json(tmp_path, capfd):
    failure = InputError("no_person", "me.jpg shows no person.", "Choose another.")
    assert cli.main(["look", "me.jpg", "--out", str(tmp_path), "--json"], make=Pipeline(failure)) == 1
    error = json.loads(capfd.readouterr().out)["error"]
    assert error == {"code": "no_person", "message": "me.jpg shows no person.", "hint": "Choose another."}


def test_an_unexpected_failure_names_a_log_with_the_trace(tmp_path, capfd):
    assert cli.main(["look", "me.jpg", "--out", str(tmp_path), "--quiet"], make=Pipeline(ZeroDivisionError("by zero"))) == 1
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert "ZeroDivisionError: by zero" in said
    log = Path(said.split("The details are in ")[1].split(";")[0])
    text = log.read_text()
    log.unlink()
    assert "Traceback" in text
    assert "a library talks" in text


def test_debug_shows_the_trace(tmp_path, capfd):
    failure = InputError("no_person", "me.jpg shows no person.")
    assert cli.main(["look", "me.jpg", "--out", str(tmp_path), "--debug"], make=Pipeline(failure)) == 1
    said = capfd.readouterr().err
    assert "Traceback" in said
    assert "a library talks" in said


def test_a_missing_package_says_what_to_install(tmp_path, capfd):
    failure = ModuleNotFoundError("No module named 'mediapipe'", name="mediapipe")
    assert cli.main(["look", "me.jpg", "--out", str(tmp_path), "--quiet"], make=Pipeline(failure)) == 1
    assert "mediapipe" in (said := capfd.readouterr().err)
    assert "[engine]" in said


def test_ctrl_c_ends_with_130(tmp_path, capfd):
    assert cli.main(["look", "me.jpg", "--out", str(tmp_path)], make=Pipeline(KeyboardInterrupt())) == 130
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("words", [[], ["look"], ["look", "me.jpg"], ["look", "me.jpg", "--out", "o", "--tryon", "magic"],
                                   ["look", "me.jpg", "--out", "o", "--height", "tall"], ["look", "me.jpg", "--out", "o", "--frames", "0"]])
def test_a_wrong_command_line_ends_with_2_and_one_line(words, capfd):
    assert cli.main(words, make=Pipeline()) == 2
    assert capfd.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(("option", "code"), [(["--height", "17"], "bad_height"), (["--texture", "999"], "bad_texture_size"),
                                              (["--faces", "3"], "bad_faces")])
def test_values_out_of_range_are_refused_before_the_pipeline_starts(option, code, tmp_path, capfd):
    pipeline = Pipeline()
    assert cli.main(["look", "me.jpg", "--out", str(tmp_path), "--json", *option], make=pipeline) == 1
    assert json.loads(capfd.readouterr().out)["error"]["code"] == code
    assert pipeline.requests == []


def test_a_person_photo_that_does_not_exist_is_named(tmp_path, capfd):
    assert cli.main(["look", str(tmp_path / "nobody.jpg"), "--out", str(tmp_path / "out"), "--quiet"]) == 1
    assert "nobody.jpg" in capfd.readouterr().err
    assert not (tmp_path / "out").exists()


def test_termination_leaves_nothing_half_written(tmp_path):
    script = tmp_path / "slow.py"
    script.write_text("import sys, time\n"
                      "from pathlib import Path\n"
                      "from dressform.inference import cli\n"
                      "from dressform.inference.output import OutputFolder\n"
                      "def slow(request, out, progress):\n"
                      "    with OutputFolder(out) as folder:\n"
                      "        folder.write_bytes('look.glb', b'half')\n"
                      "        Path(sys.argv[1]).touch()\n"
                      "        time.sleep(60)\n"
                      "sys.exit(cli.main(['look', 'me.jpg', '--out', sys.argv[2]], make=slow))\n")
    ready, out = tmp_path / "ready", tmp_path / "out"
    process = subprocess.Popen([sys.executable, str(script), str(ready), str(out)])
    deadline = time.monotonic() + 30
    while not ready.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 143
    assert not out.exists()


def renderer(tmp_path: Path, body: str) -> list[str]:
    script = tmp_path / "renderer.py"
    script.write_text(f"import sys\n{body}\n")
    return [sys.executable, str(script)]


def test_the_turntable_is_asked_for_with_its_options_and_reports_frames(tmp_path):
    seen: list[Progress] = []
    command = renderer(tmp_path, f"open({str(tmp_path / 'asked')!r}, 'w').write(' '.join(sys.argv[1:]))\n"
                                 "print('frame 1/2', flush=True)\nprint('frame 2/2', flush=True)")
    render_turntable(tmp_path / "look.glb", tmp_path / "renders", TurntableRequest("wide", frames=2, samples=4), seen.append, command)
    asked = (tmp_path / "asked").read_text()
    assert asked == f"{tmp_path / 'look.glb'} --out {tmp_path / 'renders'} --contact-sheet --preset wide --frames 2 --samples 4"
    assert [(p.step, p.total) for p in seen[1:]] == [(0, 2), (1, 2)]


def test_a_failing_renderer_is_quoted(tmp_path):
    command = renderer(tmp_path, "print('The look cannot be imported.', file=sys.stderr); sys.exit(1)")
    with pytest.raises(Exception, match=r"could not be rendered: The look cannot be imported\.") as caught:
        render_turntable(tmp_path / "look.glb", tmp_path, TurntableRequest(), command=command)
    assert caught.value.code == "render_failed"


def test_without_blender_the_turntable_says_so(monkeypatch):
    from dressform.inference import turntable

    monkeypatch.setattr(turntable.shutil, "which", lambda name: None)
    assert turntable.blender_command("a_module_nobody_has") is None


def test_serve_hands_over_to_the_engine():
    command = [sys.executable, "-m", "dressform.inference.cli", "serve", "--help"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 0
    assert "--idle-minutes" in answer.stdout


def lines_of(reports: list[Progress], live: bool) -> str:
    import io

    from dressform.inference.terminal import StageLines

    stream = io.StringIO()
    with StageLines(stream, live=live) as lines:
        for report in reports:
            lines(report)
    return stream.getvalue()


REPORTS = [Progress("person", 0, 3, "Finding the person"), Progress("person", 0, 3, "Cutting out"), Progress("body", 1, 3, "Fitting"),
           Progress("render", 0, 2, "Rendering"), Progress("render", 1, 2, "Rendering")]


def test_a_file_gets_one_line_per_step_whatever_happens_within_it():
    words = [line.rsplit("  ", 1)[0].split() for line in lines_of(REPORTS, live=False).splitlines()]
    assert words == [["[1/3]", "person", "Finding", "the", "person"], ["[2/3]", "body", "Fitting"], ["[2/2]", "render", "Rendering"]]


def test_a_terminal_shows_what_is_being_done_and_keeps_one_line_per_step():
    written = lines_of(REPORTS, live=True)
    assert "Cutting out" in written
    assert written.count("\n") == 3
