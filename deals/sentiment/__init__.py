"""What mood an e-mail is in, read offline. See docs/sentiment.md for how well, and where it fails.

Another reader is a class with `language` and `polarity`, registered below: everything else goes by `analyse`.
"""

from .analysis import READERS, Mood, Reader, analyse
from .language import language_of_text

__all__ = ["READERS", "Mood", "Reader", "analyse", "language_of_text"]
