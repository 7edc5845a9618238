"""Add-ons: each folder is one product. The core imports none of them (:mod:`glc_analysis.addon`)."""
