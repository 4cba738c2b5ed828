"""From recognised words to the text that is typed: rules, spoken commands, spelling, and what keeps nothing from becoming words."""
