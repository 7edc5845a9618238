"""From notebooks and processed tables to pages: plan, run, clean, publish."""
