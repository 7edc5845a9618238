"""Makes pages in processes forked from a process that has already imported all libraries. Forking is several
times as fast as starting a new process for each page."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "forked_pages", "Makes the pages of a run in processes forked from a process with all libraries.",
    runs={"start": "forked_pages:start_fork_server", "processes": "forked_pages:ForkedPages"})
