"""The demo's automations: one at least for each kind of trigger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automations.models import Automation, Step
from automations.services import activate, add_step, add_trigger, publish
from contacts.models import AppSource, CampaignLink, CustomEvent, Form, List, SiteMessage, Tag

from .demo_emails import BLOG, PLANS
from .demo_emails import mail as _mail
from .demo_forms import SIGN_UP
from .demo_site import PRICES, TOUR


@dataclass(frozen=True, slots=True)
class DemoAutomations:
    """What they name is there already: tags and lists by name, the sources of connected apps by app."""

    tags: Mapping[str, Tag]
    lists: Mapping[str, List]
    sources: Mapping[str, AppSource]

    def make(self) -> None:
        self._welcome()
        self._onboarding()
        self._vip()
        self._onboarded()
        self._no_vip()
        self._win_back()
        self._plan_change()
        self._report_exported()
        self._price_list()
        self._tour()
        self._connected_apps()
        self._signed_up()
        self._readers()
        self._looked_at_plans()
        self._talked_about()
        draft = Automation.objects.create(name="Webinar follow-up", description="A draft, not published yet.")
        add_trigger(automation=draft, type="tag_added", settings={"tags": [self.tags["Webinar"].pk]})
        self._line(draft, [("send_email", None), ("wait", {"mode": "period", "amount": 2, "unit": "days"})])

    def _welcome(self) -> None:
        automation = Automation.objects.create(
            name="Welcome series", description="Greets new readers of the newsletter."
        )
        add_trigger(automation=automation, type="list_subscribed", settings={"list": self.lists["Newsletter"].pk})
        wait = {"mode": "period", "amount": 2, "unit": "days", "clock": "09:00", "zone": "contact"}
        last = self._line(
            automation,
            [
                (
                    "send_email",
                    _mail(
                        "Welcome, {{ contact.first_name | default: 'friend' }}!", "Good to have you.", PLANS, BLOG
                    ),
                ),
                ("wait", wait),
                ("send_email", _mail("Three things to try first", "Here is where most people begin.")),
            ],
        )
        choice = self._after(
            automation, last, "if_else", {"conditions": all_of(field_is("plan", "is_not", "Free"))}
        )
        self._line(
            automation, [("add_tag", {"tag": self.tags["Customer"].pk}), ("end_automation", {})], choice, "yes"
        )
        self._line(
            automation,
            [
                ("wait", {"mode": "period", "amount": 5, "unit": "days"}),
                ("send_email", _mail("Ready for more seats?", "The Team plan is made for it.")),
                ("add_tag", {"tag": self.tags["Lead"].pk}),
            ],
            choice,
            "no",
        )
        self._start(automation)

    def _onboarding(self) -> None:
        automation = Automation.objects.create(
            name="Trial onboarding", description="Two ways to explain the product; the goal is being onboarded."
        )
        add_trigger(automation=automation, type="tag_added", settings={"tags": [self.tags["Trial"].pk]})
        split = self._line(automation, [("split", {"weights": [50, 50]})])
        for arm, subject in (("a", "A tour in four pictures"), ("b", "A tour in four minutes")):
            self._line(
                automation,
                [
                    ("send_email", _mail(subject, "See what the product does for you.")),
                    ("wait", {"mode": "period", "amount": 3, "unit": "days"}),
                    ("add_note", {"text": "Saw the tour, {{ contact.first_name }} may need help."}),
                ],
                split,
                arm,
            )
        goal = {
            "name": "Onboarded",
            "conditions": all_of({"type": "tag", "op": "has", "tag": self.tags["Onboarded"].pk}),
            "jump_from": "anywhere",
            "unmet": "wait",
        }
        bottom = next(step for step in automation.steps.all() if step.slug == "add_note")
        self._line(automation, [("goal", goal), ("remove_tag", {"tag": self.tags["Trial"].pk})], bottom, "next")
        self._start(automation)

    def _vip(self) -> None:
        automation = Automation.objects.create(name="VIP care", description="The owner hears of every new VIP.")
        add_trigger(
            automation=automation,
            type="tag_added",
            settings={"tags": [self.tags["VIP"].pk]},
            segment=all_of(field_is("plan", "is", "Business")),
        )
        address = {"who": "address", "address": "sales@example.com", "subject": "New VIP: {{ contact.name }}"}
        self._line(
            automation,
            [
                ("notify", {**address, "text": "{{ contact.name }} of {{ contact.fields.city }} is a VIP now."}),
                ("add_tag", {"tag": self.tags["Needs a call"].pk}),
                ("update_field", {"field": "seats", "op": "increment", "value": "1"}),
            ],
        )
        self._start(automation)

    def _onboarded(self) -> None:
        automation = Automation.objects.create(
            name="Onboarded, what next", description="Starts where the goal of the trial's onboarding is reached."
        )
        goal = Step.objects.get(automation__name="Trial onboarding", goalstep__name="Onboarded")
        settings = {"goal": goal.key, "outcome": "reached"}
        add_trigger(automation=automation, type="goal_achieved", settings=settings)
        wait = {"mode": "period", "amount": 5, "unit": "days"}
        mail = _mail("You know your way around now", "Here is what others do next.")
        self._line(automation, [("wait", wait), ("send_email", mail)])
        self._start(automation)

    def _no_vip(self) -> None:
        automation = Automation.objects.create(
            name="No VIP any more", description="What was to be done for a VIP is taken back."
        )
        add_trigger(
            automation=automation, type="tag_removed", settings={"tags": [self.tags["VIP"].pk]}, runs="multiple"
        )
        note = {"text": "Is no VIP any more; {{ contact.fields.plan | default: 'no plan' }}."}
        self._line(automation, [("remove_tag", {"tag": self.tags["Needs a call"].pk}), ("add_note", note)])
        self._start(automation)

    def _win_back(self) -> None:
        automation = Automation.objects.create(name="Goodbye, and why", description="Asks those who leave a list.")
        add_trigger(automation=automation, type="list_unsubscribed", settings={"list": None}, runs="multiple")
        self._line(
            automation,
            [
                ("add_tag", {"tag": self.tags["Churn risk"].pk}),
                ("wait", {"mode": "weekday", "weekdays": ["0", "1", "2", "3", "4"], "clock": "10:00"}),
                ("add_note", {"text": "Left a list: ask why at the next call."}),
            ],
        )
        self._start(automation)

    def _plan_change(self) -> None:
        automation = Automation.objects.create(
            name="Upgrade thanks", description="Says thank you when a free plan becomes a paid one."
        )
        change = {"field": "plan", "old": "value", "old_value": "Free", "new": "any"}
        add_trigger(automation=automation, type="contact_field_changed", settings=change)
        self._line(
            automation,
            [
                ("send_email", _mail("Thank you for choosing {{ contact.fields.plan }}", "You help us go on.")),
                ("remove_tag", {"tag": self.tags["Lead"].pk}),
                ("add_tag", {"tag": self.tags["Customer"].pk}),
            ],
        )
        self._start(automation)

    def _report_exported(self) -> None:
        automation = Automation.objects.create(
            name="Spreadsheet users", description="Whoever exports reports to Excel gets to know the integration."
        )
        exported = CustomEvent.objects.get(name="Report exported")
        settings = {"event": exported.pk, "value_is": "equals", "value": "xlsx"}
        add_trigger(automation=automation, type="event_recorded", settings=settings)
        often = {"type": "event", "op": "did", "event": exported.pk, "times": 2, "days": 30}
        wait = {"mode": "period", "amount": 1, "unit": "days"}
        choice = self._line(automation, [("wait", wait), ("if_else", {"conditions": all_of(often)})])
        mail = _mail("Your spreadsheets, always up to date", "Connect them once and stop exporting.")
        self._line(automation, [("send_email", mail)], choice, "yes")
        self._start(automation)

    def _price_list(self) -> None:
        automation = Automation.objects.create(
            name="Looking at the prices", description="Whoever reads about prices, and comes back to them."
        )
        settings = {"url_is": "pattern", "url": PRICES}
        add_trigger(automation=automation, type="page_visited", settings=settings)
        often = {"type": "page", "op": "visited", "url": PRICES, "times": 2, "days": 7}
        wait = {"mode": "period", "amount": 2, "unit": "hours"}
        choice = self._line(automation, [("wait", wait), ("if_else", {"conditions": all_of(often)})])
        self._line(automation, [("add_tag", {"tag": self.tags["Needs a call"].pk})], choice, "yes")
        self._start(automation)

    def _tour(self) -> None:
        """Two automations: one shows the message, the other hears of those who close it."""
        tour = SiteMessage.objects.get(title=TOUR)
        shows = Automation.objects.create(
            name="Offer a tour on the site", description="On the next visit of those who try the product."
        )
        add_trigger(automation=shows, type="tag_added", settings={"tags": [self.tags["Trial"].pk]})
        self._line(shows, [("site_message", {"message": tour.pk})])
        self._start(shows)
        closed = Automation.objects.create(
            name="No tour, but a letter", description="Whoever closes the offer of a tour gets it in writing."
        )
        add_trigger(automation=closed, type="site_message_dismissed", settings={"message": tour.pk})
        mail = _mail("A tour to read", "Ten pictures that say what a tour would have said.")
        wait = {"mode": "period", "amount": 1, "unit": "days"}
        self._line(closed, [("wait", wait), ("send_email", mail)])
        self._start(closed)

    def _connected_apps(self) -> None:
        tour = "{{ event.meeting }}, {{ event.starts_at | date: '%d.%m.%Y %H:%M' }}"
        for app, kind, name, mail in (
            (
                "calendly", "calendly_meeting_received", "Before the product tour",
                _mail("Your product tour", f"We look forward to it: {tour}."),
            ),
            (
                "typeform", "typeform_form_received", "Thanks for the answers",
                _mail("Thank you", "For {{ event.answers.interests }} we have something to read for you."),
            ),
            (
                "unbounce", "unbounce_page_received", "Spring offer",
                _mail("Your offer", "Here is what you asked for on “{{ event.page }}”."),
            ),
        ):  # fmt: skip
            automation = Automation.objects.create(name=name, description="Started by a connected app.")
            add_trigger(automation=automation, type=kind, settings={"source": self.sources[app].pk})
            answered = {"type": "app_receipt", "op": "received", "app": "typeform", "days": 30}
            choice = self._line(automation, [("send_email", mail), ("if_else", {"conditions": all_of(answered)})])
            self._line(automation, [("add_tag", {"tag": self.tags["Lead"].pk})], choice, "yes")
            self._start(automation)

    def _signed_up(self) -> None:
        automation = Automation.objects.create(
            name="Sign-up follow-up", description="Whoever signs up on the site gets a hello and a first idea."
        )
        form = Form.objects.get(name=SIGN_UP)
        add_trigger(automation=automation, type="form_submitted", settings={"form": form.pk})
        wait = {"mode": "period", "amount": 3, "unit": "days"}
        hello = _mail("Good to have you here", "You signed up on our site. Here is what to expect from us.")
        idea = _mail("A first idea to try", "Ten minutes, and your list greets newcomers by itself.")
        self._line(automation, [("send_email", hello), ("wait", wait), ("send_email", idea)])
        self._start(automation)

    def _readers(self) -> None:
        automation = Automation.objects.create(
            name="Who reads us", description="Whoever opens an e-mail to the newsletter is a reader."
        )
        settings = {"scope": "list", "list": self.lists["Newsletter"].pk}
        add_trigger(automation=automation, type="email_opened", settings=settings)
        keen = {"type": "email_activity", "op": "clicked", "days": 30}
        choice = self._line(
            automation,
            [
                ("add_tag", {"tag": self.tags["Reader"].pk}),
                ("wait", {"mode": "period", "amount": 1, "unit": "days"}),
                ("if_else", {"conditions": all_of(keen)}),
            ],
        )
        self._line(automation, [("add_note", {"text": "Reads the newsletter, and clicks."})], choice, "yes")
        self._start(automation)

    def _looked_at_plans(self) -> None:
        automation = Automation.objects.create(
            name="Looked at the plans", description="Follows the link to the plans in the welcome e-mail."
        )
        link = CampaignLink.objects.get(url=PLANS[1])
        settings = {"scope": "campaign", "campaign": link.campaign_id, "link": link.pk}
        add_trigger(automation=automation, type="email_link_clicked", settings=settings)
        wait = {"mode": "period", "amount": 1, "unit": "days"}
        mail = _mail("Which plan is yours?", "Answer this e-mail, and we find out together.")
        self._line(automation, [("wait", wait), ("send_email", mail)])
        self._start(automation)

    def _talked_about(self) -> None:
        """One automation each for who shares, forwards and answers; and one for transactional opens."""
        newsletter = self.lists["Newsletter"].pk
        wait: tuple[str, dict[str, Any] | None] = ("wait", {"mode": "period", "amount": 1, "unit": "days"})
        thanks = ("send_email", _mail("Thank you for telling others", "It means a lot to us."))
        vip, call = (("add_tag", {"tag": self.tags[name].pk}) for name in ("VIP", "Needs a call"))
        kinds: tuple[tuple[str, str, str, dict[str, Any], list[tuple[str, dict[str, Any] | None]]], ...] = (
            ("Shares us", "Shares an e-mail to the newsletter.", "email_shared", {"list": newsletter}, [vip]),
            ("Tells friends", "Forwards an e-mail to friends.", "email_forwarded", {}, [wait, thanks]),
            ("Writes back", "Answers an e-mail: somebody should call.", "email_replied", {"scope": "any"}, [call]),
            (
                "Reads the receipt",
                "Opens a receipt that the shop sent through Postmark.",
                "email_opened",
                {
                    "kind": "transactional",
                    "server": "Shop",
                    "which": "tag",
                    "which_op": "is",
                    "which_text": "receipt",
                },
                [("add_note", {"text": "Has read the receipt."})],
            ),
        )
        for name, text, trigger, settings, steps in kinds:
            automation = Automation.objects.create(name=name, description=text)
            add_trigger(automation=automation, type=trigger, settings=settings)
            self._line(automation, steps)
            self._start(automation)

    def _start(self, automation: Automation) -> None:
        publish(automation=automation)
        activate(automation=automation)

    def _line(
        self,
        automation: Automation,
        steps: Sequence[tuple[str, dict[str, Any] | None]],
        above: Step | None = None,
        arm: str = "",
    ) -> Step:
        for kind, settings in steps:
            above = self._after(automation, above, kind, settings, arm)
            arm = ""
        assert above is not None  # noqa: S101 lines are never empty
        return above

    def _after(
        self,
        automation: Automation,
        above: Step | None,
        kind: str,
        settings: dict[str, Any] | None,
        arm: str = "",
    ) -> Step:
        parent = above.key if above else ""
        arm = arm or (above.arms()[0].name if above else "")
        return add_step(automation=automation, type=kind, parent=parent, arm=arm, settings=settings)


def field_is(key: str, op: str, value: str = "") -> dict[str, str]:
    return {"type": "field", "field": key, "op": op, "value": value}


def all_of(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"match": "all", "conditions": list(conditions)}
