"""What one audience may see of a study: its tables, its pages' links, and where its figures come from."""
