# SPDX-License-Identifier: MIT
"""The check of clauses itself."""

from pathlib import Path

import clauses


def test_each_clause_has_a_test() -> None:
    assert clauses.complaints(clauses.marks(Path(__file__).parent)) == []


def test_a_clause_without_a_test_is_told() -> None:
    named = list(clauses.CLAUSES)
    lost = named.pop()
    assert clauses.complaints(named) == [
        f"no test for {lost}: {clauses.CLAUSES[lost]}"]


def test_a_mark_of_no_clause_is_told() -> None:
    assert clauses.complaints([*clauses.CLAUSES, "6455 99/x"]) == [
        "a test for 6455 99/x, which is no clause here"]


def test_marks_are_found(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(
        '@clause("6455 5.2/fin")\n@clause("6455 5.2/rsv")\ndef test_x(): 0\n')
    assert clauses.marks(tmp_path) == ["6455 5.2/fin", "6455 5.2/rsv"]
