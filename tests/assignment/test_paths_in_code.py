"""The files that test cases read are those named in their code."""

from __future__ import annotations

import ast

import pytest

from autograder.assignment.paths_in_code import files_read, reads_of_notebook


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


@pytest.mark.parametrize(
    ("code", "does"),
    [
        ("p = save([1])\nopen(p).read()", True), ("assert json.load(open(save(1)))", True), ("made.exists()", True),
        ("log = Log('m.txt')\nPath(log.path).stat().st_size == 0", True), ("pd.read_csv(out)", True),
        ("os.path.exists(os.path.join(made, 'a'))", True), ("where() == Path('a.csv').resolve()", True),
        ("found == os.path.abspath('a.csv')", True), ("save([1]) == 'a.csv'\nopen('a.csv')", False),
        ("pd.read_csv(io.StringIO(save()))", False), ("open(given)\nopen(f'{given}x')", False), ("np.absolute(made)", False),
        ("open(os.path.join('a', f'{n}.csv'))", False), ("pd.read_csv(Path('a.csv'))", False), ("made.resolve()", False),
        ("os.stat('a.csv')", False), ("log = Log()\nlog.open()\nlog.read('a')", False), ("walk(tree)", False),
    ],
)  # fmt: skip
def test_a_file_whose_name_the_notebook_says_is_where_the_notebook_is(code: str, does: bool) -> None:
    names = [
        "save",
        "Log",
        "made",
        "out",
        "os",
        "io",
        "np",
        "pd",
        "json",
        "Path",
        "given",
        "found",
        "where",
        "walk",
        "tree",
    ]
    assert reads_of_notebook(ast.parse(code), names, {"given": "c"}) is does
