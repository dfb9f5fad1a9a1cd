"""Answers as blocks (for people) and as plain data (for programs). Pure: nothing here prints."""
