"""English, by VADER (Hutto and Gilbert, 2014): a lexicon with rules for negation and emphasis."""

from functools import cached_property

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

#: What words mean in letters about business, where VADER's lexicon, made of social media, says otherwise or
#: nothing. 0 for words that are only polite, or of the trade.
BUSINESS = {
    "thanks": 0.0, "thank": 0.0, "dear": 0.0, "regards": 0.0, "please": 0.0, "hello": 0.0, "hi": 0.0,
    "share": 0.0, "shared": 0.0, "interest": 0.0, "interests": 0.0, "ready": 0.0, "play": 0.0,
    "solution": 0.0, "solutions": 0.0, "security": 0.0, "secure": 0.0, "value": 0.0, "values": 0.0,
    "number": 0.0, "energy": 0.0, "support": 0.0, "agreement": 0.0, "agreements": 0.0, "responsible": 0.0,
    "protection": 0.0, "no": -0.3, "yes": 0.6, "ok": 0.3, "demand": 0.0, "alert": 0.0, "share's": 0.0,
    "matter": 0.0, "cut": 0.0, "expensive": -1.6, "overpriced": -2.2, "pricey": -1.3, "late": -1.3,
    "slow": -1.6, "slower": -1.3, "delay": -1.5, "delays": -1.6, "delayed": -1.7, "bug": -1.6, "bugs": -1.7,
    "buggy": -2.0, "broken": -2.0, "crash": -2.0, "crashes": -2.1, "crashed": -2.1, "issue": -1.0,
    "issues": -1.2, "unacceptable": -2.9, "unresponsive": -1.9, "unfortunately": -1.3, "cancel": -1.5,
    "cancelled": -1.6, "refund": -1.6, "competitor": -0.7, "competitors": -0.7, "complicated": -1.3,
    "confusing": -1.6, "downtime": -1.8, "outage": -1.9, "overdue": -1.5, "unclear": -1.2, "unreliable": -2.2,
    "unusable": -2.5, "waiting": -0.6, "outstanding": 2.6, "smooth": 1.7, "smoothly": 1.8, "seamless": 2.0,
    "flawless": 2.6, "intuitive": 1.8, "reliable": 1.8, "responsive": 1.6, "quick": 1.1, "quickly": 1.1,
    "fast": 1.2, "faster": 1.2, "impressed": 2.3, "recommend": 1.8, "recommended": 1.8, "approved": 1.6,
    "excited": 2.0, "keen": 1.5, "convincing": 1.6, "convinced": 1.6, "saves": 1.2, "spot-on": 2.0,
    "promptly": 1.4,
}  # fmt: skip


class English:
    language = "en"

    @cached_property
    def _analyser(self) -> SentimentIntensityAnalyzer:
        analyser = SentimentIntensityAnalyzer()
        analyser.lexicon.update(BUSINESS)
        return analyser

    def polarity(self, clause: str) -> float:
        return float(self._analyser.polarity_scores(clause)["compound"])

    def knows(self, word: str) -> bool:
        return bool(self._analyser.lexicon.get(word))
