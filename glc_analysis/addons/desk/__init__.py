"""What an analyst works with in JupyterLab beside frames: passages in context, and proposals."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "desk", "The coding desk and the explorer in JupyterLab, suggestions of codes, and how coders learn.",
    around={"agreement": "commands:around_agreement", "transcripts": "commands:around_transcripts"},
    coder_files={"desk.jsonl": "journal:read_journal"}, coder_logs={"suggestions.jsonl": '"act": "taken"'},
    steps="suggestion_log:STEPS",
    slots={"agreement": "pages:suggestion_sentences", "methods": "pages:suggestion_facts"},
    holds={"private/vectors": "goes as a whole, and is made again from what is left"},
    erasers={"renew": "sentence_encoder:delete_vectors"},
    front_door={"coding_desk": "coding_desk:coding_desk"})
