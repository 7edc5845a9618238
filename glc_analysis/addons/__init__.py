"""Add-ons: each folder is one product, which the core never imports."""
