"""The search in the pages of each language."""

from urllib.parse import unquote

import lxml.html
import pytest

from glc_analysis.addons.languages.phrases import Phrasebook
from glc_analysis.addons.languages.site_languages import SiteLanguages
from glc_analysis.addons.search import site_search
from glc_analysis.publish import site
from glc_analysis.templates import read_packaged_text
from tests.support.site_pages import written


@pytest.fixture
def made(tmp_path):
    """A site in English, Spanish and Arabic."""
    jobs = written(tmp_path, index="Overview", country_khm="Cambodia", género="What is asked?")
    site.build_site(tmp_path, jobs, title="A study", audience="convening", synthetic=False,
                    languages=[SiteLanguages([Phrasebook("es"), Phrasebook("ar")])])
    return tmp_path / "site"


def test_the_page_of_the_search_in_a_language_has_its_own_script_and_index(made):
    search = lxml.html.parse(made / "es" / "search.html")
    assert [unquote(place) for place in search.xpath("//script/@src")] == [
        "search.js", "search/index.js", "search/country-khm.js", "search/género.js"]
    assert (made / "es" / "search" / "género.js").is_file()


def test_the_search_of_a_language_has_its_texts_and_speaks_it(made):
    index = "".join(path.read_text("utf-8") for path in (made / "es" / "search").iterdir())
    assert "Camboya" in index and '"Cambodia"' not in index and "Borrador" not in index
    script = (made / "es" / "search.js").read_text("utf-8")
    assert '"{n} encontrados."' in script and "«{word}»" in script and "found." not in script
    assert (made / "search.js").read_text("utf-8") == read_packaged_text(site_search.__file__, "search.js")
