"""The coding desk and the explorer in JupyterLab, in which people code texts, read passages in their context,
and propose rows of reference tables."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "desk", ("The coding desk and the explorer in JupyterLab, suggestions of codes, and measures of how "
             "coders learn."),
    around={"agreement": "commands:compare_coder_instead_of_agreement",
            "transcripts": "commands:write_texts_to_code_again_instead"},
    coder_files={"desk.jsonl": "journal:read_codings_of_handed_in_texts"},
    coder_logs={"suggestions.jsonl": '"act": "taken"'},
    steps="suggestion_log:STEPS",
    slots={"agreement": "pages:acceptance_and_unaided_agreement_sentences",
           "method_facts": "pages:describe_suggestion_method"},
    style="desk.css",
    holds={"private/vectors": "the folder is deleted, and made again from the remaining texts"},
    erasers={"renew": "sentence_encoder:delete_cached_vectors",
             "coder_file": "erasers:erase_withdrawn_from_journal_or_log"},
    front_door={"coding_desk": "coding_desk:coding_desk"})
