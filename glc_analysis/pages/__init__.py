"""What notebooks put on a page: each function takes a StudyView and gives one thing to show."""
