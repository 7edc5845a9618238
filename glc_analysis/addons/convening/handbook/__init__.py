"""The handbook: the agreed principles for those who were not there, and the papers that go with it."""
