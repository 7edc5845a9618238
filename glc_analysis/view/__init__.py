"""Selects what one audience may see of a study: its tables, the links of its pages, and the sources of its
figures."""
