"""French, by a small lexicon of our own for letters about business, with rules for negation and emphasis."""

import math
import re
import unicodedata

# Weights as VADER's: from -4 to 4. Written without accents; the endings of feminine and plural are cut off.
LEXICON: dict[str, float] = {
    # good
    "accord": 1.5, "accepte": 1.5, "accepter": 1.4, "adore": 3.0, "adorer": 3.0, "adapte": 1.3, "aide": 0.9,
    "agreable": 1.9, "aime": 1.9, "aimer": 1.5, "amelioration": 1.4, "ameliore": 1.4, "appreci": 2.0,
    "apprecie": 2.0, "apprecier": 1.8, "attractif": 1.7, "avantage": 1.3, "avantageux": 1.7, "beau": 1.6,
    "belle": 1.6, "bien": 0.9, "bonne": 1.3, "bon": 1.3, "brillant": 2.3, "bravo": 2.6, "chapeau": 2.0,
    "chaleureux": 1.6, "clair": 1.1, "complet": 1.1, "competent": 1.9, "comble": 2.4, "confiance": 1.6,
    "confiant": 1.6, "content": 2.2, "convaincant": 1.9, "convaincu": 1.9, "convient": 1.4, "correspond": 0.9,
    "disponible": 0.6, "efficace": 1.9, "efficacement": 1.8, "emballe": 2.3, "enchante": 2.5, "enthousiasme": 2.3,
    "enthousiaste": 2.5, "epate": 2.4, "excellent": 3.0, "exceptionnel": 2.9, "facile": 1.4, "facilement": 1.4,
    "fantastique": 3.0, "felicitation": 2.6, "fiable": 1.8, "fluide": 1.6, "formidable": 2.9, "genial": 3.0,
    "gagne": 1.4, "gagnons": 1.4, "gain": 1.3, "heureux": 2.4, "heureuse": 2.4, "hate": 1.6, "ideal": 2.2,
    "impatient": 1.4, "impeccable": 2.7, "impressionnant": 2.3, "impressionne": 2.3, "incroyable": 2.2,
    "interessant": 1.5, "interesse": 1.3, "intuitif": 1.7, "joie": 2.2, "magnifique": 2.8, "merveilleux": 2.9,
    "merci": 0.6, "meilleur": 1.7, "mieux": 1.1, "nickel": 2.2, "parfait": 2.7, "parfaitement": 2.4,
    "performant": 1.7, "pertinent": 1.4, "plaisir": 2.0, "plait": 1.8, "plu": 1.7, "pratique": 1.2,
    "professionnel": 1.2, "professionnalisme": 1.9, "progres": 1.3, "prometteur": 1.8, "qualite": 1.1,
    "rapide": 1.3, "rapidement": 1.2, "rapidite": 1.6, "ravi": 2.7, "reactif": 1.7, "reactivite": 1.6,
    "recommande": 1.9, "recommander": 1.8, "recommanderai": 2.0, "reconnaissant": 1.9, "regal": 2.2,
    "remarquable": 2.6, "reussi": 2.0, "reussite": 2.2, "satisfaction": 2.2, "satisfaisant": 1.8,
    "satisfait": 2.2, "seduit": 2.2, "serieux": 0.9, "simple": 1.1, "soigne": 1.5, "succes": 2.2, "super": 2.5,
    "superbe": 2.8, "sympathique": 1.6, "top": 2.3, "utile": 1.6, "valide": 1.4, "validons": 1.6,
    "validee": 1.4, "volontiers": 1.6, "positif": 1.8, "enfin": 0.3, "gratitude": 2.0, "soulage": 1.6,
    # bad
    "abandonne": -1.7, "abandonner": -1.8, "abime": -1.7, "absurde": -2.0, "agace": -2.2, "annule": -1.7,
    "annuler": -1.8, "annulation": -1.6, "arnaque": -3.0, "attendons": -0.8, "attends": -0.8, "aucun": -0.7,
    "blesse": -1.8, "bloque": -1.6, "bug": -1.7, "bogue": -1.7, "casse": -1.9, "catastrophe": -2.9,
    "catastrophique": -3.0, "cher": -1.5, "chere": -1.5, "colere": -2.5, "complique": -1.3, "concurrent": -0.8,
    "confus": -1.4, "conflit": -1.7, "craint": -1.5, "crains": -1.4, "critique": -1.3, "cauchemar": -2.7,
    "decevant": -2.3, "deception": -2.3, "decu": -2.4, "defaut": -1.6, "defectueux": -2.0, "degrade": -1.6,
    "deplorable": -2.8, "depasse": -1.3, "desagreable": -2.0, "desaccord": -1.6, "desastre": -2.8,
    "desastreux": -2.8, "desole": -0.9, "difficile": -1.3, "difficulte": -1.3, "dommage": -1.7, "doute": -1.1,
    "echec": -2.1, "echoue": -1.9, "eleve": -0.8, "endommage": -1.9, "ennui": -1.4, "ennuyeux": -1.6,
    "enerve": -2.2, "erreur": -1.6, "excessif": -1.8, "exorbitant": -2.3, "facheux": -1.7, "faible": -1.3,
    "frustrant": -2.1, "frustre": -2.2, "fatigue": -1.4, "furieux": -3.0, "grave": -1.9, "hesite": -0.8,
    "honte": -2.4, "honteux": -2.6, "horrible": -2.8, "impossible": -1.7, "inacceptable": -2.9,
    "inadmissible": -2.9, "inadapte": -1.6, "incapable": -2.1, "incident": -1.4, "incomplet": -1.4,
    "incompetent": -2.6, "incomprehensible": -2.0, "inefficace": -1.9, "inexact": -1.5, "inquiet": -1.6,
    "inquietant": -1.8, "inquiete": -1.6, "insatisfait": -2.2, "insuffisant": -1.7, "insupportable": -2.6,
    "intolerable": -2.7, "inutile": -1.8, "inutilisable": -2.5, "inutilisables": -2.5, "lamentable": -2.7,
    "lent": -1.5, "lenteur": -1.7, "litige": -1.8, "mal": -1.7, "malheureusement": -1.3, "manque": -1.4,
    "mauvais": -2.1, "mauvaise": -2.1, "mecontent": -2.3, "mediocre": -2.1, "mensonge": -2.6, "menti": -2.6,
    "moche": -1.7, "nul": -2.3, "nulle": -2.3, "obsolete": -1.5, "oublie": -1.1, "panne": -2.0, "perdu": -1.6,
    "perte": -1.5, "penible": -1.9, "pire": -2.2, "plainte": -1.9, "plaindre": -1.9, "plante": -1.6,
    "probleme": -1.5, "preoccupe": -1.4, "preoccupant": -1.6, "rate": -1.7, "reclamation": -1.8, "reclame": -1.5,
    "refus": -1.6, "refuse": -1.7, "regrettable": -1.8, "regrette": -1.4, "regret": -1.4, "rembourse": -1.3,
    "remboursement": -1.4, "renonce": -1.7, "renoncer": -1.7, "resilie": -1.9, "resilier": -1.9,
    "resiliation": -1.8, "retard": -1.7, "retarde": -1.5, "risque": -1.1, "scandaleux": -2.8, "souci": -1.4,
    "stresse": -1.7, "suspendre": -1.1, "trompe": -1.8, "triste": -1.9, "urgent": -0.4, "vain": -1.7,
    "fache": -2.2, "fuite": -1.6, "pannes": -2.0, "surpris": -0.3, "derange": -1.4, "gene": -1.2, "negatif": -1.7,
    "lasse": -1.7, "ras": -0.5, "coupure": -1.6, "insiste": -0.5, "injoignable": -2.0, "deteriore": -1.7,
}  # fmt: skip

# Several words that together say something else than one by one; tried first, longest first.
IDIOMS: dict[str, float] = {
    "pas de probleme": 1.0, "aucun probleme": 1.1, "sans probleme": 1.3, "pas de souci": 1.0, "sans souci": 1.2,
    "aucun souci": 1.1, "pas mal": 1.2, "au top": 2.4, "ca marche": 1.2, "d'accord": 1.4, "tout a fait": 0.8,
    "a la hauteur": 1.9, "pas a la hauteur": -2.2, "hors de prix": -2.2, "trop cher": -2.0, "trop chere": -2.0,
    "trop eleve": -1.7, "trop long": -1.5, "trop tard": -1.4, "trop complique": -1.7, "trop lent": -1.9,
    "ras le bol": -2.8, "laisse a desirer": -2.0, "ne marche": -1.8, "ne fonctionne": -1.8,
    "bien recu": 0.3, "bien note": 0.4, "bien entendu": 0.2, "mise en demeure": -2.6, "perte de temps": -2.4,
    "perdre du temps": -1.9, "perdons du temps": -1.9, "gain de temps": 2.0, "gagner du temps": 1.7,
    "faire confiance": 1.6, "coup de coeur": 2.5, "rien a redire": 2.3, "rien a dire": 1.2,
    "bonne continuation": -0.4, "bonne nouvelle": 2.2, "mauvaise nouvelle": -2.2, "mal a l'aise": -1.8,
    "pas donne suite": -1.2, "ne donnerons pas suite": -2.0, "ne donnerai pas suite": -2.0, "fait defaut": -1.6,
    "toujours pas": -1.7, "toujours aucun": -1.7, "toujours rien": -1.8, "plus jamais": -2.0, "en vain": -1.8,
    "tres attendu": 1.0, "bien fait": 1.6, "service client": 0.0, "plus value": 0.8, "bon courage": 0.4,
    "bon de commande": 0.0, "bonne reception": 0.0, "mieux disant": 0.0, "moins cher": 0.4, "moins chere": 0.4,
}  # fmt: skip

NEGATIONS = {"pas", "jamais", "aucun", "aucune", "sans", "ni", "guere", "rien", "non"}
BEFORE = {"ne", "n'"}
STRONGER = {
    "tres": 1.3, "vraiment": 1.25, "tellement": 1.3, "extremement": 1.5, "totalement": 1.4, "completement": 1.4,
    "particulierement": 1.25, "absolument": 1.4, "si": 1.2, "beaucoup": 1.2, "bien": 1.15, "trop": 1.2,
    "super": 1.3, "fortement": 1.25, "vivement": 1.3, "franchement": 1.2, "tout": 1.1,
}  # fmt: skip
WEAKER = {"peu": 0.6, "assez": 0.85, "plutot": 0.85, "relativement": 0.8, "presque": 0.8, "legerement": 0.6}
#: How far a negation reaches: “je ne suis vraiment pas du tout satisfait”.
REACH = 4
TURNED = -0.75
NORMAL = 15.0

TOKEN = re.compile(r"[a-z]+'|[a-z]+|[,;:()!?]")
ENDINGS = ("es", "s", "e", "x")
IDIOM = re.compile(
    r"\b(" + "|".join(re.escape(text) for text in sorted(IDIOMS, key=len, reverse=True)) + r")(?=\W|$)"
)


class French:
    language = "fr"

    def polarity(self, clause: str) -> float:
        plain = _plain(clause)
        total = 0.0

        def taken(found: re.Match[str]) -> str:
            nonlocal total
            total += IDIOMS[found[1]]
            return " | "

        words = TOKEN.findall(IDIOM.sub(taken, plain))
        total += sum(_weight(words, place) for place in range(len(words)))
        if total and "!" in plain:
            total *= 1.15
        return total / math.sqrt(total * total + NORMAL)

    def knows(self, word: str) -> bool:
        return bool(_value(_plain(word)))


def _weight(words: list[str], place: int) -> float:
    """A word's own, stronger or weaker by the word before it, turned by a negation before (or right after) it."""
    weight = _value(words[place])
    if not weight:
        return 0.0
    before = _since_comma(words[max(0, place - REACH) : place])
    # “bien” in “très bien” is a word of its own; in “bien content” it only lends weight.
    following = words[place + 1] if place + 1 < len(words) else ""
    if words[place] in STRONGER and _value(following):
        return 0.0
    for word in before[-2:]:
        weight *= STRONGER.get(word, 1.0) * WEAKER.get(word, 1.0)
    negated = any(word in NEGATIONS for word in before) or (
        following in {"pas", "jamais"} and bool(BEFORE & set(before))
    )
    return weight * TURNED if negated else weight


def _since_comma(words: list[str]) -> list[str]:
    """A negation does not reach over a comma."""
    while any(not word[0].isalpha() for word in words):
        words = words[1:]
    return words


def _value(word: str) -> float:
    for candidate in (word, *(word[: -len(end)] for end in ENDINGS if word.endswith(end))):
        if candidate in LEXICON:
            return LEXICON[candidate]
        # “recommandons”, “apprécions”: known by their first person.
    for end, instead in (
        ("ons", "e"),
        ("ez", "e"),
        ("ent", "e"),
        ("er", "e"),
        ("ees", "e"),
        ("ives", "if"),
        ("ive", "if"),
    ):
        if word.endswith(end) and word[: -len(end)] + instead in LEXICON:
            return LEXICON[word[: -len(end)] + instead]
    for end, instead in (
        ("euses", "eux"),
        ("euse", "eux"),
        ("elles", "el"),
        ("elle", "el"),
        ("les", ""),
        ("le", ""),
    ):
        if word.endswith(end) and word[: -len(end)] + instead in LEXICON:
            return LEXICON[word[: -len(end)] + instead]
    return 0.0


def _plain(text: str) -> str:
    """Lower case without accents."""
    folded = unicodedata.normalize("NFD", text.lower().replace("’", "'").replace("œ", "oe"))
    return "".join(character for character in folded if not unicodedata.combining(character))
