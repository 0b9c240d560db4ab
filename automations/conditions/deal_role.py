"""Whether, and as what, the contact takes part in a deal."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import DEAL_CONTACTS_CHANGED
from automations.forms import SettingsForm
from automations.records.deal import DEAL
from deals.models import DealContact

from .base import CONDITIONS, Condition, Moment, Settings
from .records import ANY, THIS


class RoleForm(SettingsForm):
    op = forms.ChoiceField(
        label="",
        choices=[("in", gettext_lazy("takes part in")), ("not_in", gettext_lazy("does not take part in"))],
        initial="in",
    )
    which = forms.ChoiceField(
        label=gettext_lazy("Which"),
        choices=[(ANY, gettext_lazy("any deal")), (THIS, gettext_lazy("the deal it entered with"))],
        initial=ANY,
    )
    role = forms.CharField(
        label=gettext_lazy("Role contains"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Empty for any."),
    )


@CONDITIONS.register
class DealRoleCondition(Condition):
    slug = "deal_role"
    label = gettext_lazy("Role in a deal")
    group = gettext_lazy("Deals")
    Form = RoleForm
    listens_to = (DEAL_CONTACTS_CHANGED,)

    @classmethod
    def compile(cls, settings: Settings, moment: Moment) -> Q:
        rows = DealContact.objects.all()
        if settings["which"] == THIS:
            if moment.any_record:
                return Q()
            if moment.record is None or moment.record[0] != DEAL.key:
                return Q(pk__in=[])
            rows = rows.filter(deal=moment.record[1])
        if settings.get("role"):
            rows = rows.filter(role__icontains=settings["role"])
        found = Q(pk__in=rows.order_by().values("contact_id"))
        return found if settings["op"] == "in" else ~found

    @classmethod
    def needs_record(cls, settings: Settings) -> bool:
        return bool(settings["which"] == THIS)

    @classmethod
    def describe(cls, settings: Settings) -> str:
        names = {"deal": _("the deal it entered with") if settings["which"] == THIS else _("any deal")}
        text = _("takes part in %(deal)s") if settings["op"] == "in" else _("does not take part in %(deal)s")
        role = settings.get("role")
        return text % names + (_(" as “%s”") % role if role else "")
