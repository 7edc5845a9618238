"""Questions of every type, and the answers of three organisations for four countries."""

from tests.support.study_writer import choices, places, question

QUESTIONS = [question("Q1", "single", "law"), question("Q2", "multi", "services"),
             question("Q3", "number"), question("Q4", "text"),
             question("own", "single", "law", unit="organisation"),
             question("staff", "number", unit="organisation"),
             question("where", "single", "countries")]
OPTIONS = [*choices("law", "yes", "no", "dont_know"), *choices("asked", "yes", "no", "refused"),
           *choices("services", "food", "legal", "none")]
COUNTRIES = places("KHM asia", "LAO asia", "PER america", "TWN")
ROWS = [
    {"org": "a", "country": "KHM", "Q1": "yes", "Q2": "food legal", "Q3": "1", "Q4": "x",
     "own": "yes", "staff": "10", "where": "KHM"},
    {"org": "a", "country": "PER", "Q1": "no", "Q2": "food", "Q3": "4", "own": "yes"},
    {"org": "a", "country": "KHM", "Q1": "yes", "Q2": "", "Q3": "", "own": ""},
    {"org": "b", "country": "LAO", "Q1": "", "Q2": "none", "Q3": "7", "own": "no", "staff": "30"},
    {"org": "c", "country": "TWN", "Q1": "dont_know", "Q2": "", "Q3": "", "own": ""}]
ORGANISATIONS = [{"organisation_id": "a", "type": "shelter"}, {"organisation_id": "b"},
                 {"organisation_id": "c", "type": "legal"}]
