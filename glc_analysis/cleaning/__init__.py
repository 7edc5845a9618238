"""Raw frames and reference tables become the processed tables, and every change is explained."""
