"""What was dictated: the list, and one dictation with its recording."""
