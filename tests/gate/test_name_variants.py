"""The words that tell of a country."""

from glc_analysis.gate.name_variants import NAME, REGION, list_words_revealing_country


def regions(iso3):
    return {word for kind, word in list_words_revealing_country(iso3, ["en"]) if kind == REGION}


def test_a_province_that_is_also_a_country_or_a_city_is_not_told_as_a_province():
    """ISO 3166-2 has Taiwan and Hong Kong among the provinces of China, and Niger and Lagos in Nigeria."""
    assert "Guangdong" in regions("CHN") and "Anambra" in regions("NGA")
    assert {"Taiwan", "Hong Kong", "Niger", "Lagos"} & (regions("CHN") | regions("NGA")) == set()
    assert (NAME, "Taiwan") in {*list_words_revealing_country("TWN", ["en"])}
