"""`python tests/benchmarks/speed --against REVISION`: what became slower is found and said."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from benchmarks.speed import against


class Scripted:
    """A side whose calls take given times."""

    def __init__(self, **seconds: float) -> None:
        self.seconds = seconds

    def ask(self, question: Any) -> Any:
        return list(self.seconds) if isinstance(question, list) else self.seconds[question]


def test_times_are_compared_call_by_call() -> None:
    before, after = Scripted(a=1.0, b=2.0, gone=1.0), Scripted(a=1.5, b=2.0, new=1.0)
    assert list(against.rows(before, after, (1, 10), "float32", 0.0)) == [
        ((1, 10), "float32", "a", 1.0, 1.5, 1.5),
        ((1, 10), "float32", "b", 2.0, 2.0, 1.0),
    ]


@pytest.mark.parametrize(("now", "status"), [(1.0, 0), (1.05, 0), (1.2, 1)])
def test_what_became_slower_is_said(now: float, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sides = iter([nullcontext(Scripted(call=1e-6)), nullcontext(Scripted(call=now * 1e-6))])
    monkeypatch.setattr(against, "Side", lambda folder: next(sides))
    monkeypatch.setattr(against, "export", lambda revision, folder: None)
    said: list[str] = []
    assert against.compare("HEAD", [(1, 10)], ["float64"], 0.0, said.append) == status
    assert said[:-1] == ["1x10 float64 call: 1e-06 s, now 1.2e-06 s"] * status
    assert said[-1].startswith(f"1 calls take {now:.2f} to {now:.2f} times as long as at HEAD")


@pytest.mark.thorough
def test_a_revision_is_timed_in_a_process_of_its_own(tmp_path: Path) -> None:
    if not (against.CHECKOUT / ".git").exists():
        pytest.skip("this is no checkout of git")
    against.export("HEAD", tmp_path)
    with against.Side(tmp_path) as before, against.Side(against.CHECKOUT) as after:
        found = list(against.rows(before, after, (2, 3), "float64", 0.0))
        with pytest.raises(RuntimeError, match="ended: a call that is not known"):
            before.ask("a call that is not known")
    assert len(found) > 10
    assert {row.name.partition(",")[0] for row in found} == {"gradient", "value", "logits"}
    assert all(0 < row.before < 1 and 0 < row.after < 1 for row in found)
