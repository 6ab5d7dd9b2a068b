"""The files that test cases read are those named in their code."""

from __future__ import annotations

import ast

import pytest

from autograder.assignment.paths_in_code import files_read


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("open('a.txt').read() == Path('b').read_text()", {"a.txt", "b"}),
        ("open(os.path.join('a', 'b.csv'))", {"a/b.csv"}),
        ("place = Path('a')\n(place / 'b.csv').exists()", {"a", "a/b.csv"}),
        ("Path('a').joinpath('b', 'c').is_file()", {"a", "a/b/c"}),
        ("os.listdir(given) or found.exists() or open(unknown)", {"c", "d.csv"}),
        ("sqlite3.connect(':memory:')\nsqlite3.connect('a.db')", {"a.db"}),
        ("glob.glob('*.npy')\nopen('/etc/hosts')\npd.read_csv('https://a.b/c.csv')", {"*.npy"}),
        ("for name in ['a.txt', 'b.txt']:\n    assert os.path.exists(name)", {"a.txt", "b.txt"}),
        ("', '.join(['a'])\nx.read('b')", set()),
    ],
)
def test_files_are_read_by_names_in_the_text_however_they_are_put_together(code: str, files: set[str]) -> None:
    assert files_read(ast.parse(code), {"given": "c", "found": "d.csv"}) == files
