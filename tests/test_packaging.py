"""The front door as a user meets it: light, and plain about errors."""

import subprocess
import sys

import pytest

import patchwright
from datasets.errors import SpecError
from tests import ROOT

HEAVY = ("numpy", "scipy", "torch", "librosa", "matplotlib", "pyarrow", "fastapi", "vita")


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new interpreter, from the checkout."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )


def heavy_after(entry: str, arguments: list[str]) -> str:
    """Which heavy modules an entry point had loaded by the time it exited with 0."""
    done = run_python(
        "import sys, patchwright\n"
        f"sys.argv = ['patchwright', *{arguments!r}]\n"
        "try:\n"
        f"    patchwright.{entry}()\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code, stop.code\n"
        f"print('heavy:', *sorted(set({HEAVY!r}) & set(sys.modules)))\n"
    )
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("entry", ["main", "render_presets_main"])
def test_help_imports_nothing_heavy(entry: str) -> None:
    assert heavy_after(entry, ["--help"]) == "heavy:"


def test_own_folder_comes_first() -> None:
    """Another installed package called `datasets` must not win."""
    done = run_python("import sys, patchwright; print(sys.path[0]); import datasets.errors as e")
    assert done.stdout.strip() == str(patchwright.ROOMS) == str(ROOT), done.stderr


def test_an_own_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        raise SpecError("no spec 'vital-33';\nchoose vital-16, vital-32 or vital-64")

    with pytest.raises(SystemExit) as stop:
        patchwright._run(command)
    assert stop.value.code == 2
    expected = "error: no spec 'vital-33'; choose vital-16, vital-32 or vital-64\n"
    assert capsys.readouterr().err == expected


def test_an_interrupt_exits_130() -> None:
    def command() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as stop:
        patchwright._run(command)
    assert stop.value.code == 130


def test_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        patchwright.app(["--version"], prog_name="patchwright")
    assert not stop.value.code
    assert capsys.readouterr().out.startswith("patchwright ")
