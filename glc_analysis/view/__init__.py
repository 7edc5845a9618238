"""What one audience may see of a study: its tables, the links of its pages, and where its figures come
from."""
