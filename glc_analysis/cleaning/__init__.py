"""Raw frames and reference tables -> the processed tables, every change explained."""
