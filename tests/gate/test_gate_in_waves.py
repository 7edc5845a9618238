"""What the gate looks for in a study of several waves: also what only an earlier wave has."""

from glc_analysis.gate.name_variants import hidden_countries, own_countries, study_languages
from glc_analysis.reference import read_reference
from tests.support.built_studies import built
from tests.support.study_writer import places, write_csv
from tests.support.wave_study import FIRST, SECOND, write_wave_study


def test_countries_and_languages_of_an_earlier_wave_are_looked_for(tmp_path):
    columns = {"country": "where", "language": "tongue"}
    study = write_wave_study(tmp_path, countries=places("KHM asia", "THA asia"),
                             settings={"survey": {"organisation": "org", **columns}})
    for name, rows, country, language in (("2016.csv", FIRST, "KHM", "km"),
                                          ("2018_en.csv", SECOND[:2], "THA", "en"),
                                          ("2018_es.csv", SECOND[2:], "THA", "es")):
        write_csv(study.root / "raw/survey" / name,
                  [row | {"where": country, "tongue": language} for row in rows])
    built(study)
    reference = read_reference(study)
    assert hidden_countries(study, reference, "public") == {"KHM", "THA"}
    assert own_countries(study, "left") == {"KHM"}
    assert study_languages(study, reference) == ["en", "es", "km"]
