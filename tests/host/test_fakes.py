"""The fakes of a device's modules, held beside the published stubs: a call the fake takes and the chip refuses proves nothing."""

import ast
from pathlib import Path

import pytest

from tools.check.types import STUBS, TYPINGS
from tools.places import ROOT

FAKES = ("bluetooth", "camera", "esp32", "machine", "network", "time")
_OURS = {
    "bluetooth": {"connect", "write", "leave"},  # the phone's side
    "machine": {"Restarted"},  # what ends a start here
}
_DUNDER = ("__init__", "__new__")


def stub(name: str) -> ast.Module:
    """Ours first, as the type check has it."""
    for folder in (ROOT / TYPINGS, STUBS):
        path = folder / f"{name}.pyi"
        if path.is_file():
            return ast.parse(path.read_text())
    raise AssertionError(f"no stub describes {name}")


def names(module: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                found |= {item.id for item in ast.walk(target) if isinstance(item, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return {name for name in found if not name.startswith("_")}


def callables(module: ast.Module) -> dict[str, list[ast.FunctionDef]]:
    """Functions, and methods as Class.name, with every overload."""
    found: dict[str, list[ast.FunctionDef]] = {}
    for node in module.body:
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and (not inner.name.startswith("_") or inner.name in _DUNDER):
                    found.setdefault(f"{node.name}.{inner.name}", []).append(inner)
    return found


def takes(real: list[ast.FunctionDef], fake: ast.FunctionDef) -> bool:
    """Whether the overloads of the real one together take every argument, by every name, that the fake does."""
    if any(form.args.vararg for form in real):
        return True
    room = max(len(form.args.posonlyargs) + len(form.args.args) for form in real)
    by_name = {item.arg for form in real for item in (*form.args.args, *form.args.kwonlyargs)}
    free = any(form.args.kwarg for form in real)
    named = {item.arg for item in fake.args.kwonlyargs}
    return len(fake.args.args) <= room and (free or (named <= by_name and (fake.args.kwarg is None or bool(by_name))))


@pytest.mark.parametrize("name", FAKES)
def test_a_fake_offers_nothing_the_device_lacks(name: str) -> None:
    """Names and arguments; what they do, the contracts check."""
    fake = ast.parse((Path(ROOT) / "tests" / "fakes" / f"{name}.py").read_text())
    real = stub(name)
    ours = _OURS.get(name, set()) | {"chip", "random_address", "array"}
    assert names(fake) - names(real) - ours == set()
    known = callables(real)
    for call, forms in callables(fake).items():
        if call.split(".")[0] in ours or call.startswith("_"):
            continue
        assert call in known, f"{name}.{call}"
        assert takes(known[call], forms[0]), f"{name}.{call}({ast.unparse(forms[0].args)})"
