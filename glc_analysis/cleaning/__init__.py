"""Makes the processed tables from raw files and reference tables, and logs the reason of every change."""
