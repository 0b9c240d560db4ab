"""The one signal that stands for many: sent where set-based SQL wrote facts.

A single `save()` of a fact model sends Django's `post_save`; services that write facts with
`contacts.bulk` send `facts_recorded` instead, once a batch, inside the same transaction.

    sender   the fact model
    facts    a list of unsaved-looking instances, or a columnar batch the fact model defines
"""

from django.dispatch import Signal

facts_recorded = Signal()

# Sent with `email` (a SentEmail) when somebody did something with an e-mail whose sender never learned
# what became of it.
email_arrived = Signal()

# Asked before a tag, list, field ... is deleted. Receivers return the places that use it, as a
# list of sentences ("automation “Welcome”"); an empty list means that it may go.
usage_requested = Signal()

# Asked when a saved segment is validated, with `segment`. The receiver returns its conditions, cleaned,
# or raises ValidationError.
conditions_cleaning = Signal()

# Sent before two contacts become one, inside the transaction: `keep` stays, `drop` is deleted after
# the receivers have moved their rows to `keep`. Whoever raises stops the merge.
contacts_merging = Signal()

# Asked for one person's data. Receivers get `contact` and return {section: JSON-ready data}.
person_exporting = Signal()

# Sent before a person is erased, inside the transaction, with `contact`: receivers blank or delete
# what names the person and would outlive the contact's row.
person_erasing = Signal()

# Asked, with a type of `contacts.facts` as sender, before a fact is written alone: receivers return whether
# anybody waits for facts of this type. Where nobody does, one insert without a transaction is enough.
listeners_requested = Signal()

# Sent with `entity` (a contacts.entities.Entity) when something that has fields makes itself known.
entity_registered = Signal()
