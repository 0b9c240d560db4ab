"""Which language a text is in, by its small words. Tells English and French from each other and from others."""

import re
from collections import Counter

SMALL: dict[str, str] = {
    "en": (
        "the and is are was were be been have has had do does did not you your we our they their it this "
        "that these with for from to of in on at by as but if or so will would can could should there "
        "here what when which who how i'm i've i'll it's don't doesn't can't we're you're i my me us an a "
        "about just any all more very"
    ),
    "fr": (
        "le la les un une des du de et est sont était été être avoir avez avons ai ont je tu il elle nous "
        "vous ils elles ne pas plus que qui quoi dont où ce cet cette ces mon ma mes votre vos notre nos "
        "leur leurs son sa ses pour par avec sans sur sous dans en au aux mais ou donc si très bien tout "
        "tous toute c'est j'ai n'est d'un d'une qu'il qu'on l'on on se me te y comme aussi fait suis "
        "sommes êtes"
    ),
    "de": (
        "der die das und ist sind war ich wir sie ihr nicht ein eine einen dem den des mit für von zu auf "
        "im in es aber oder auch noch haben hat habe bitte uns unser ihre wie was wenn dass bei nach sehr"
    ),
    "es": (
        "el la los las un una y es son está están no que de en por para con su sus nuestro pero o si como "
        "más muy este esta lo le se me nos usted ustedes del al ha han he hemos"
    ),
    "it": (
        "il lo la gli le un una e è sono non che di in per con su suo nostro ma o se come più molto "
        "questo questa ci si mi vi del della al alla ho ha abbiamo hanno"
    ),
    "nl": (
        "de het een en is zijn was niet dat van in op te voor met aan wij we ik u jullie maar of als ook "
        "nog heeft hebben deze dit er bij naar zeer onze"
    ),
    "pt": (
        "o a os as um uma e é são não que de em por para com seu sua nosso mas ou se como mais muito este "
        "esta do da no na ao foi tem temos você"
    ),
}  # fmt: skip
WORDS = {language: frozenset(text.split()) for language, text in SMALL.items()}
TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?", re.UNICODE)
LATIN = re.compile(r"[A-Za-zÀ-ÿœŒæÆ]")


def language_of_text(text: str, *, hint: str = "") -> str:
    """“en”, “fr”, another's code, or "" where it can't be told. `hint` decides for what is too short."""
    letters = [character for character in text if character.isalpha()]
    if not letters or sum(map(bool, map(LATIN.match, letters))) < 0.7 * len(letters):
        return ""
    tokens = [token.replace("’", "'") for token in TOKEN.findall(text.lower())]
    hits: Counter[str] = Counter()
    for token in tokens:
        # “l'offre”, “d'accord”: what stands before the apostrophe is a small word too.
        parts = {token, *([token.split("'")[0] + "'"] if "'" in token else [])}
        for language, words in WORDS.items():
            hits[language] += bool(parts & words) or (language == "fr" and bool(parts & ELIDED))
    ranked = hits.most_common(2)
    best, count = ranked[0]
    if count and (count > ranked[1][1] or best == hint):
        return best if count >= 2 or len(tokens) <= 6 else ""
    return _by_words(tokens, hint)


ELIDED = frozenset(["l'", "d'", "j'", "c'", "n'", "s'", "m'", "t'", "qu'"])


def _by_words(tokens: list[str], hint: str) -> str:
    """A word or two: which of the readers knows them; else the language that the person is known to write."""
    from .analysis import READERS  # which asks for the language

    known = {language: sum(reader.knows(token) for token in tokens) for language, reader in READERS.items()}
    best = max(known, key=lambda language: (known[language], language == hint[:2]))
    if known[best] and list(known.values()).count(known[best]) == 1:
        return best
    return hint[:2] if hint[:2] in READERS else ""
