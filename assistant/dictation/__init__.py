"""From recognised words to typed text: rules, spoken commands, spelling, and what keeps noise from becoming words."""
