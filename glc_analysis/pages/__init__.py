"""Makes the elements that notebooks put on a page; each function takes a StudyView and returns one element to
show."""
