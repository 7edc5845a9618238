"""Reads the exports of particular survey tools, and SPSS files, according to the conventions of each tool."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "survey_tools", "The exports of survey tools, and SPSS files.",
    survey_readers={
        "surveymonkey": "surveymonkey:SURVEYMONKEY", "eusurvey": "eusurvey:EUSURVEY", "efs": "efs:EFS",
        "qualtrics": "qualtrics:QUALTRICS", "kobo": "kobo:KOBO", "limesurvey": "limesurvey:LIMESURVEY",
        "microsoft_forms": "forms:MICROSOFT_FORMS", "google_forms": "forms:GOOGLE_FORMS"},
    survey_files={".sav": "spss:read_spss", ".zsav": "spss:read_spss"},
    sample_files=("raw/survey/glc_2016_qualtrics.csv",))
