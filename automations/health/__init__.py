"""Whether the installation does its work: checks, signs of life, alarms, and the pages that show them."""
