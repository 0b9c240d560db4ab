"""Names for the demo: common first and last names of its two languages."""

FIRST = """
    Emma Louis Jade Gabriel Alice Raphaël Léa Arthur Chloé Jules Anna Hugo Inès Adam Zoé Nathan
    Rose Lucas Olivia Liam Amelia Noah Isla George Ava Oliver Mia Harry Sophia Leo Grace Oscar
    Freya Theo Ella Max Clara Felix Nora Samuel
""".split()  # noqa: SIM905 a list of forty lines reads worse

LAST = """
    Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefebvre
    Michel Garcia David Bertrand Roux Vincent Fournier Smith Jones Taylor Brown Williams Wilson
    Johnson Davies Patel Wright Walker White Edwards Green Hall Wood Clarke Jackson Lewis Schneider
""".split()  # noqa: SIM905 a list of forty lines reads worse
