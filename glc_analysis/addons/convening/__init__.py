"""From evidence to principles that organisations agree on and sign: statements, ballots, the day itself."""
