"""An organisation leaves the study: everything it contributed is found, and taken out of every file."""
