"""Who is who lies in private/reference/; reference/ holds the method and can be shown to a stranger."""

import re
import shutil

import pandas as pd
import pytest

from glc_analysis import gitignore, reference
from glc_analysis.errors import Faults
from glc_analysis.intake.transcripts import read_transcript
from glc_analysis.reference import move_misplaced_tables, read_reference, read_reference_table
from glc_analysis.schema import list_table_files, load_reference_table_schemas
from glc_analysis.study import REPOSITORY, Study
from tests.support.study_on_disk import SmallStudy, whole_table

PRIVATE = [name for name, table in load_reference_table_schemas().items() if table.lies_in == "private"]
IDENTIFYING = {"names": ["name", "pseudonym"], "organisations": ["organisation_id", "label", "network_id"],
               "speakers": ["speaker_id", "name_in_file"]}
NAMES = "name,kind,pseudonym,match,allowed_for,reason\nAnna Hill,person,,folded,,\n"
CODEBOOK = """\
code_id,parent_id,level,name,definition,include,exclude,example,since_version,merged_into
community,,domain,Community,,,,,1,
care,community,theme,Care,,,,"We listen, and we wait.",1,
"""


@pytest.fixture
def small(tmp_path):
    study = SmallStudy(tmp_path)
    for name, text in (("names", NAMES), ("codebook", CODEBOOK)):
        study.write_table(name, text)
    return study


def as_it_was(small):
    """The study as older versions kept it: all tables whole, in reference/."""
    for name in load_reference_table_schemas():
        files = [small.root / file.path for file in list_table_files(name)]
        if files[0].is_file():
            text = whole_table(small.root, name)
            for path in files:
                path.unlink()
            small.write(f"reference/{name}.csv", text)
    return small


def words_of(text):
    return re.findall(r"\w+", text.casefold())


def phrases(text, length=6):
    words = words_of(text)
    return {tuple(words[n:n + length]) for n in range(len(words) - length + 1)}


# What a stranger finds


def test_a_stranger_who_reads_all_of_reference_finds_nobody_and_no_words_of_a_talk(sample_study):
    shown = [path.read_text(encoding="utf-8-sig") for path in sample_study.reference.rglob("*")
             if path.is_file()]
    who = {cell for name, columns in IDENTIFYING.items()
           for cell in read_reference_table(sample_study, name)[columns].to_numpy().ravel()} - {""}
    assert len(who) > 100
    found = [one for one in who for text in shown
             if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text, flags=re.IGNORECASE)]
    turns = pd.concat([read_transcript(path).turns for kind in ("interviews", "calls")
                       for path in sample_study.list_raw_files(kind)])
    speakers = read_reference_table(sample_study, "speakers")
    is_asked = turns["speaker"].isin(speakers.loc[speakers["role"] == "interviewer", "name_in_file"])
    asked, spoken = ({phrase for turn in turns.loc[is_one, "text"] for phrase in phrases(turn)}
                     for is_one in (is_asked, ~is_asked))
    spoken -= asked  # the questions of the guide are the method
    assert len(spoken) > 2000
    assert (found, spoken & {phrase for text in shown for phrase in phrases(text)}) == ([], set())


# What is refused


@pytest.mark.parametrize("name", PRIVATE)
def test_a_private_table_in_reference_is_one_fault_for_every_command(small, name):
    header = ",".join(load_reference_table_schemas()[name].required_columns)
    small.write(f"reference/{name}.csv", f"{header}\n")
    for command in ("check", "build", "run"):
        refused = small.glc(command)
        assert refused.exit_code == 1 and refused.stderr.count("To fix:") == 1
        assert f"reference/, value '{name}.csv': may identify people or organisations" in refused.stderr
        assert "run `glc check --accept`" in refused.stderr
    with pytest.raises(Faults, match="may identify"):  # it is never read as if it were empty
        Study(small.root).locate_reference_file(name)


@pytest.mark.parametrize("column", load_reference_table_schemas()["codebook"].private_columns)
def test_a_private_column_in_reference_is_one_fault(small, column):
    path = small.root / "reference/codebook.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([f"{header},{column}", *(f"{row},x" for row in rows), ""]))
    refused = small.glc("check")
    assert refused.exit_code == 1 and refused.stderr.count("To fix:") == 1
    assert f"value 'codebook.csv: {column}'" in refused.stderr


@pytest.mark.parametrize("name", ["names.xlsx", "consent (copy).csv", "old/consent.csv", "notes.txt",
                                  "Names.csv", ".ipynb_checkpoints/names-checkpoint.csv", "withdrawn.csv"])
def test_whatever_is_no_table_of_the_method_is_refused(small, name):
    small.write(f"reference/{name}", NAMES)
    refused = small.glc("check")
    assert refused.exit_code == 1 and name in refused.stderr and refused.stderr.count("To fix:") == 1


@pytest.mark.parametrize("name", ["README.md", ".gitkeep", ".ipynb_checkpoints/codebook-checkpoint.csv",
                                  ".ipynb_checkpoints/study-checkpoint.toml"])
def test_what_tells_of_nobody_may_stay(small, name):
    small.write(f"reference/{name}", "code_id\n")
    assert Study(small.root).find_misplaced_in_reference_folder() == {}


# How it is moved


def test_what_is_private_is_moved_and_nothing_is_lost(small):
    before = small.files()
    tables = {name: read_reference_table(Study(small.root), name) for name in load_reference_table_schemas()
              if name != "manifest"}
    as_it_was(small)
    moved = small.glc("check", "--accept")
    assert "reference/names.csv: moved to private/reference/names.csv" in moved.stderr
    assert "codebook.csv: example: moved to private/reference/codebook.csv" in moved.stderr
    after = small.files()
    assert after.pop("private/reference/manifest.csv")  # with its faults gone, the raw file is recorded
    assert after == before | {".gitignore": (REPOSITORY / "data/.gitignore").read_bytes()}
    assert all(read_reference_table(Study(small.root), name).equals(table) for name, table in tables.items())
    assert "moved to" not in small.glc("check", "--accept").stderr


def test_a_table_is_moved_byte_for_byte_in_whatever_encoding_it_is(small):
    content = NAMES.replace("Anna Hill", "Zoë Été").replace(",", ";").replace("\n", "\r\n").encode("cp1252")
    (small.root / "private/reference/names.csv").unlink()
    small.write("reference/names.csv", content)
    move_misplaced_tables(Study(small.root))
    assert (small.root / "private/reference/names.csv").read_bytes() == content


def test_a_table_that_is_parted_keeps_its_delimiter_and_line_ends(small):
    as_it_was(small)
    text = CODEBOOK.replace('"We listen, and we wait."', "We wait.")
    small.write("reference/codebook.csv", "\ufeff" + text.replace(",", ";").replace("\n", "\r\n"))
    move_misplaced_tables(Study(small.root))
    assert small.files()["private/reference/codebook.csv"].decode() == (
        "\ufeffcode_id;example\r\ncare;We wait.\r\n")


def test_two_different_tables_are_never_chosen_between_and_nothing_is_moved(small):
    small.write("reference/names.csv", NAMES.replace("Hill", "Dale"))
    small.write("reference/quotes.csv",
                ",".join(load_reference_table_schemas()["quotes"].required_columns) + "\n")
    before = small.files()
    refused = small.glc("check", "--accept")
    assert refused.exit_code == 1 and small.files() == before
    assert "reference/names.csv: differs from private/reference/names.csv" in refused.stderr


@pytest.mark.parametrize("is_old_empty", [True, False])
def test_a_table_with_a_header_alone_gives_way(small, is_old_empty):
    header = NAMES.splitlines(keepends=True)[0]
    small.write("reference/names.csv", header if is_old_empty else NAMES)
    small.write("private/reference/names.csv", NAMES if is_old_empty else header)
    move_misplaced_tables(Study(small.root))
    assert (small.root / "private/reference/names.csv").read_text() == NAMES
    assert not (small.root / "reference/names.csv").exists()


def test_a_move_that_is_cut_off_anywhere_is_finished_by_the_next(small, tmp_path_factory, monkeypatch):
    after, steps = small.files(), 0
    as_it_was(small)
    for limit in range(100):
        cut = SmallStudy(tmp_path_factory.mktemp("cut"))
        shutil.rmtree(cut.root)
        shutil.copytree(small.root, cut.root)
        left = iter(range(limit))

        def write(path, content, left=left):
            if next(left, None) is None:
                raise KeyboardInterrupt
            path.write_bytes(content)

        with monkeypatch.context() as patched:
            patched.setattr(reference, "write_atomic", write)
            try:
                move_misplaced_tables(Study(cut.root))
            except KeyboardInterrupt:
                steps += 1
        move_misplaced_tables(Study(cut.root))
        assert cut.files() == after
        if steps <= limit:
            break
    assert steps >= 5  # each private file, and what is left of the tables that are parted


def test_a_column_that_became_private_later_is_joined_to_those_that_are_there(small):
    path = small.root / "reference/codebook.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([f"{header},example", f"{rows[0]},", f'{rows[1]},"We listen, and we wait."\n']))
    move_misplaced_tables(Study(small.root))
    assert whole_table(small.root, "codebook") == CODEBOOK


def test_a_table_without_the_columns_by_which_its_rows_are_known_is_refused(small):
    small.write("reference/codebook.csv", "name,example\nCare,x\n")
    before = small.files()
    refused = small.glc("check", "--accept")
    assert "reference/codebook.csv, row 1, column code_id: this column is missing" in refused.stderr
    assert small.files() == before


def test_a_list_for_git_of_an_older_version_is_renewed_and_lines_of_peoples_own_stay(small):
    now = (REPOSITORY / "data/.gitignore").read_text(encoding="utf-8")
    for older, renewed in ((now + "!/reference/evidence.csv\n", True), (now + "!/notes/\n", False)):
        small.write(".gitignore", older)
        gitignore.write_gitignore_unless_edited(small.root)
        assert (small.files()[".gitignore"].decode() == now) == renewed


# How it is read


def told(small):
    with pytest.raises(Faults) as found:
        read_reference(Study(small.root))
    return [(fault.file, fault.row, fault.column, fault.value) for fault in found.value.faults]


def test_private_columns_are_joined_by_the_key_whatever_the_order_of_the_rows(small):
    small.write("private/reference/codebook.csv",
                'code_id,example\ncare,"We listen, and we wait."\ncommunity,Us.\n')
    assert list(read_reference_table(Study(small.root), "codebook")["example"]) == ["Us.",
                                                                                    "We listen, and we wait."]


def test_a_private_row_without_its_row_and_one_that_comes_twice_are_faults(small):
    small.write("private/reference/codebook.csv", "code_id,example\ncare,x\nrest,y\ncare,z\n")
    assert told(small) == [("private/reference/codebook.csv", "3", "code_id", "rest"),
                           ("private/reference/codebook.csv", "4", "code_id", "care")]
