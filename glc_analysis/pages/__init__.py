"""What notebooks put on a page: each function takes a Page and gives one thing to show."""
