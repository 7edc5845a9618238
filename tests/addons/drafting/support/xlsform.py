"""A form as an XLSForm."""

import openpyxl

CHOICES = [
    ["list_name", "name", "label::English (en)", "label::Español (es)"],
    ["yn", "yes", "Yes", "Sí"],
    ["yn", "no", "No", "No"],
    ["services", "shelter", "Shelter", "Refugio"],
    ["services", "legal", "Legal aid", "Ayuda legal"],
    ["services", "none", "None of these", "Ninguno"],
]
HEADER = ["type", "name", "label::English (en)", "label::Español (es)", "relevant"]
SURVEY = [
    HEADER,
    ["start", "start"],
    ["note", "hello", "Welcome", "Hola"],
    ["begin group", "intake", "Intake", "Ingreso"],
    ["select_one yn", "identifies", "Do you identify victims?", "¿Identifica víctimas?"],
    ["select_multiple services", "services", "Which services?", "¿Qué servicios?", "${identifies} = 'yes'"],
    ["integer", "beds", "How many beds?", "¿Cuántas camas?",
     "selected(${services}, 'shelter') and ${identifies} != 'no'"],
    ["end group"],
    ["begin repeat", "visits", "Visits", "Visitas", "${beds} > 3"],
    ["date", "visited", "When?", "¿Cuándo?"],
    ["end repeat"],
    ["text", "success", "What is success?", "¿Qué es el éxito?", "not(selected(${services}, 'none'))"],
    ["geopoint", "place", "Where?", "¿Dónde?"],
]  # fmt: skip


def form(tmp_path, survey=SURVEY, choices=CHOICES):
    book = openpyxl.Workbook()
    book.active.title = "survey"
    book.create_sheet("choices")
    for title, rows in (("survey", survey), ("choices", choices)):
        for row in rows:
            book[title].append(row)
    book.save(tmp_path / "form.xlsx")
    return tmp_path / "form.xlsx"
