"""Reads and writes files of coding programs: REFI-QDA projects, databases, tables, comments in Word, lists of
references."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "coding_programs", "The files of coding programs, read and written.",
    codings_readers={
        "a QualCoder folder, a Taguette project.sqlite3": "databases:read_qualcoder_or_taguette",
        "references of NVivo as .docx or .txt": "references:read_nvivo_references",
        "a .docx with comments": "word:read_word_text_and_comments",
        "a table of MAXQDA, ATLAS.ti, Dedoose or NVivo": "program_tables:read_program_table",
        "a .qdpx, .qde or .qdc": "refi:read_refi_project_or_codebook"},
    sample_files=("raw/codings/ines/glc_sample.qdpx",),
    codings_columns="program_tables:classify_program_table_columns",
    missing_columns="program_tables:describe_missing_columns_by_program",
    exports={"qdpx": ("exports:export_project", "qdpx is a REFI-QDA project with all texts and codes."),
             "qdc": ("exports:export_codebook", "qdc is its codebook.")},
    around={"export": "commands:select_coder_for_export"},
    provides={"write_codebook_as_qdc": "exports:write_codebook_as_qdc",
              "rewrite_codings": "rewriting:overwrite_coder_file",
              "is_references": "references:is_nvivo_references_file", "write_project": "refi:write_qdpx"})
