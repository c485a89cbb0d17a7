"""The reader of content files: it finds every fault, and the line of each."""

from pathlib import Path

import pytest

from content.faults import ContentError, Fault
from content.toml_file import parse_toml, read_toml

SAMPLE = '''# a comment with "quotes" and [brackets]
name = "x # no comment"  # one
list = [
  "one",
  "t\\"wo", 'three',
]
inline = { x = 1, y.z = [1, 2] }
"dotted.key".long = """
five = 5
"""
[table.below]
k = 1
when = 2026-01-05 07:32:00
[[fact]]
id = "1"
[fact.text]
en = "hi"
[[fact]]
  [[fact.part]]
  z = 3
  [[fact.part]]
  z = 4
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("name",), 2),
        (("list",), 3),
        (("list", 0), 4),
        (("list", 2), 5),
        (("inline", "y", "z", 1), 7),
        (("dotted.key", "long"), 8),
        (("table", "below", "k"), 12),
        (("fact", 0, "text", "en"), 17),
        (("fact", 1), 18),
        (("fact", 1, "part", 1, "z"), 22),
        (("fact", 0, "text", "missing"), 16),
        (("missing",), 1),
    ],
)
def test_every_key_and_element_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert parse_toml(SAMPLE, "a.toml").line_of(*path) == line


@pytest.mark.parametrize(
    ("text", "line", "rule"),
    [
        ("a = 1\nb = ", 2, "syntax"),
        ('a = "never closed\nb = 1', 1, "syntax"),
        ("[a]\n[a]\n", 2, "syntax"),
        ("a = 1\n\na = 2", 3, "syntax"),
        ('a = """\nx', 2, "syntax"),
        ("a = " + "[" * 5000, 1, "syntax"),
        ("\ufeffa = 1", 1, "encoding"),
    ],
)
def test_a_text_that_is_no_toml_is_one_plain_fault(text: str, line: int, rule: str) -> None:
    with pytest.raises(ContentError) as caught:
        parse_toml(text, "a.toml")
    assert [(fault.line, fault.rule) for fault in caught.value.faults] == [(line, rule)]


def test_a_number_of_thousands_of_digits_is_a_fault_of_its_line() -> None:
    with pytest.raises(ContentError) as raised:
        parse_toml(f'id = "x"\nversion = {"9" * 5000}\n', "a.toml")
    (fault,) = raised.value.faults
    assert (fault.line, fault.rule, fault.mend) == (2, "syntax", "this number has far too many digits")


def test_a_file_that_is_not_utf_8_says_on_which_line(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes("a = 'x'\nb = 'año'\n".encode("latin-1"))
    with pytest.raises(ContentError, match=r"a\.toml:2 encoding save the file as UTF-8"):
        read_toml(path)


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="cannot be read"):
        read_toml(tmp_path / "none.toml")


def test_one_reading_finds_every_fault() -> None:
    file = parse_toml('a = 1\nb = ""\nc = ["x", 2]\nd = true\ne = "x\\ty"\nf = "no"\ng = nan\n', "a.toml")
    table = file.table
    assert table.text("a") == ""
    assert table.text("b") == ""
    assert table.texts("c") == ("x",)
    assert table.integer("d") == 0
    assert table.text("e") == "x\ty"
    assert table.choice("f", ("yes", "maybe")) == "yes"
    assert table.number("g") == 0
    assert table.text("h") == ""
    table.finish()
    assert [(fault.line, fault.rule) for fault in sorted(file.faults)] == [
        (1, "missing"),
        (1, "type"),
        (2, "empty"),
        (3, "type"),
        (4, "type"),
        (5, "control"),
        (6, "choice"),
        (7, "type"),
    ]
    with pytest.raises(ContentError):
        file.raise_faults()


def test_a_key_nobody_knows_is_a_fault_at_its_line() -> None:
    file = parse_toml("[[fact]]\nid = 'a'\nsorces = []\n", "a.toml")
    (fact,) = file.table.tables("fact")
    fact.text("id")
    fact.finish()
    assert file.faults == [
        Fault("a.toml", 3, "unknown", "'sorces' is not known here (known: id); correct or remove it")
    ]


def test_dates_and_times_are_read_as_such() -> None:
    file = parse_toml("day = 2027-01-31\nnow = 2027-01-31T10:00:00\nat = 09:30:00\n", "a.toml")
    assert str(file.table.date("day")) == "2027-01-31"
    assert file.table.date("now") is None
    assert str(file.table.time("at")) == "09:30:00"
    assert [fault.line for fault in file.faults] == [2]


def test_a_fault_reads_file_line_rule_and_mend() -> None:
    assert str(Fault("topics/a.toml", 3, "missing", "add it")) == "topics/a.toml:3 missing add it"
