"""The admin's sidebar. A group shows only what its user may see; a group without any is left out."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

# (title, [(label, Material symbol, URL name (without a namespace: an admin page), permission)])
GROUPS: list[tuple[Any, list[tuple[Any, str, str, str]]]] = [
    (
        _("Automations"),
        [
            (_("Automations"), "account_tree", "builder:list", "automations.view_automation"),
            (_("Triggers"), "bolt", "automations_trigger_changelist", "automations.view_trigger"),
            (_("Steps"), "footprint", "automations_step_changelist", "automations.view_step"),
            (_("Contacts inside"), "login", "automations_enrollment_changelist", "automations.view_enrollment"),
            (
                _("Refused entries"),
                "block",
                "automations_entryrefusal_changelist",
                "automations.view_entryrefusal",
            ),
            (_("Feeds"), "rss_feed", "automations_feed_changelist", "automations.view_feed"),
            (_("Feed runs"), "campaign", "automations_feedrun_changelist", "automations.view_feedrun"),
            (_("Versions"), "history", "automations_version_changelist", "automations.view_version"),
        ],
    ),
    (
        _("Contacts"),
        [
            (_("Contacts"), "group", "contacts_contact_changelist", "contacts.view_contact"),
            (_("Accounts"), "domain", "contacts_account_changelist", "contacts.view_account"),
            (
                _("Contacts of accounts"),
                "badge",
                "contacts_accountcontact_changelist",
                "contacts.view_accountcontact",
            ),
            (
                _("Notes on accounts"),
                "sticky_note",
                "contacts_accountnote_changelist",
                "contacts.view_accountnote",
            ),
            (_("Lists"), "list_alt", "contacts_list_changelist", "contacts.view_list"),
            (_("Tags"), "sell", "contacts_tag_changelist", "contacts.view_tag"),
            (_("Segments"), "filter_alt", "contacts_segment_changelist", "contacts.view_segment"),
            (_("Scores"), "trending_up", "contacts_score_changelist", "contacts.view_score"),
            (_("Points"), "leaderboard", "contacts_contactscore_changelist", "contacts.view_contactscore"),
            (_("Conversions"), "paid", "contacts_conversion_changelist", "contacts.view_conversion"),
            (_("Forms"), "dynamic_form", "contacts_form_changelist", "contacts.view_form"),
            (
                _("Form submissions"),
                "inbox",
                "contacts_formsubmission_changelist",
                "contacts.view_formsubmission",
            ),
            (_("Custom fields"), "input", "contacts_customfield_changelist", "contacts.view_customfield"),
            (_("Manage data"), "deployed_code", "contacts_objecttype_changelist", "contacts.view_objecttype"),
            (_("Records"), "dataset", "contacts_objectrecord_changelist", "contacts.view_objectrecord"),
            (_("Notes"), "sticky_note_2", "contacts_note_changelist", "contacts.view_note"),
        ],
    ),
    (
        _("Deals"),
        [
            (_("Board"), "view_kanban", "deals:board", "deals.view_deal"),
            (_("My tasks"), "checklist", "deals:tasks", "deals.view_task"),
            (_("Deals"), "handshake", "deals_deal_changelist", "deals.view_deal"),
            (_("Tasks"), "task_alt", "deals_task_changelist", "deals.view_task"),
            (_("Pipelines"), "conversion_path", "deals_pipeline_changelist", "deals.view_pipeline"),
            (_("Task types"), "category", "deals_tasktype_changelist", "deals.view_tasktype"),
            (_("Deal notes"), "sticky_note_2", "deals_dealnote_changelist", "deals.view_dealnote"),
            (
                _("Sentiment"),
                "sentiment_satisfied",
                "deals_sentimentchange_changelist",
                "deals.view_sentimentchange",
            ),
        ],
    ),
    (
        _("Personal e-mail"),
        [
            (_("My mailboxes"), "mail_lock", "personal:mailboxes", "deals.view_mailbox"),
            (_("Mailboxes"), "inbox_customize", "deals_mailbox_changelist", "deals.view_mailbox"),
            (_("Personal e-mails"), "contact_mail", "deals_personalemail_changelist", "deals.view_personalemail"),
            (_("Downloads"), "download", "deals_filedownload_changelist", "deals.view_filedownload"),
        ],
    ),
    (
        _("Site and events"),
        [
            (_("Events"), "bolt", "contacts_customevent_changelist", "contacts.view_customevent"),
            (_("Recorded events"), "list", "contacts_eventrecord_changelist", "contacts.view_eventrecord"),
            (_("Page visits"), "web", "contacts_pagevisit_changelist", "contacts.view_pagevisit"),
            (
                _("Site messages"),
                "chat_bubble",
                "contacts_sitemessage_changelist",
                "contacts.view_sitemessage",
            ),
            (_("Sites"), "language", "contacts_trackeddomain_changelist", "contacts.view_trackeddomain"),
            (_("Tracking"), "key", "contacts_trackingsettings_changelist", "contacts.view_trackingsettings"),
        ],
    ),
    (
        _("Apps"),
        [
            (_("Apps"), "extension", "contacts_appconnection_changelist", "contacts.view_appconnection"),
            (_("App sources"), "ballot", "contacts_appsource_changelist", "contacts.view_appsource"),
            (_("App receipts"), "inbox", "contacts_appreceipt_changelist", "contacts.view_appreceipt"),
            (_("App deliveries"), "webhook", "contacts_appdelivery_changelist", "contacts.view_appdelivery"),
            (
                _("Spreadsheets"),
                "table_view",
                "automations_spreadsheet_changelist",
                "automations.view_spreadsheet",
            ),
            (
                _("Rows of spreadsheets"),
                "table_rows",
                "automations_spreadsheetrow_changelist",
                "automations.view_spreadsheetrow",
            ),
        ],
    ),
    (
        _("E-mail"),
        [
            (_("Campaigns"), "campaign", "campaigns:list", "contacts.view_campaign"),
            (_("Templates"), "draft", "campaigns:templates", "contacts.view_emailtemplate"),
            (_("Deliveries"), "outbox", "automations_delivery_changelist", "automations.view_delivery"),
            (_("Sent e-mails"), "mail", "contacts_sentemail_changelist", "contacts.view_sentemail"),
            (
                _("E-mail activity"),
                "ads_click",
                "contacts_emailactivity_changelist",
                "contacts.view_emailactivity",
            ),
            (_("Answers"), "reply", "contacts_emailreply_changelist", "contacts.view_emailreply"),
            (
                _("Postmark"),
                "markunread_mailbox",
                "contacts_postmarkserver_changelist",
                "contacts.view_postmarkserver",
            ),
            (_("Suppression"), "block", "contacts_suppression_changelist", "contacts.view_suppression"),
        ],
    ),
    (
        _("Stores"),
        [
            (_("Stores"), "storefront", "ecommerce_store_changelist", "ecommerce.view_store"),
            (_("Orders"), "receipt_long", "ecommerce_order_changelist", "ecommerce.view_order"),
            (_("Carts"), "shopping_cart", "ecommerce_cart_changelist", "ecommerce.view_cart"),
            (_("Customers"), "groups", "ecommerce_customer_changelist", "ecommerce.view_customer"),
            (_("Products"), "inventory_2", "ecommerce_product_changelist", "ecommerce.view_product"),
            (_("Product categories"), "category", "ecommerce_category_changelist", "ecommerce.view_category"),
            (
                _("Recurring payments"),
                "autorenew",
                "ecommerce_recurringpayment_changelist",
                "ecommerce.view_recurringpayment",
            ),
            (
                _("Store deliveries"),
                "webhook",
                "ecommerce_webhookdelivery_changelist",
                "ecommerce.view_webhookdelivery",
            ),
        ],
    ),
    (
        _("Imports and jobs"),
        [
            (_("Imports"), "upload_file", "contacts_importjob_changelist", "contacts.view_importjob"),
            (_("Exports"), "download", "contacts_exportjob_changelist", "contacts.view_exportjob"),
            (_("Bulk actions"), "checklist", "contacts_bulkjob_changelist", "contacts.view_bulkjob"),
        ],
    ),
    (
        _("Administration"),
        [
            (_("Account"), "settings", "automations_account_changelist", "automations.view_account"),
            (_("Health"), "monitor_heart", "health:page", "automations.view_workerbeat"),
            (_("Schedules"), "schedule", "django_q_schedule_changelist", "django_q.view_schedule"),
            (_("Failed tasks"), "error", "django_q_failure_changelist", "django_q.view_failure"),
            (_("Users"), "person", "auth_user_changelist", "auth.view_user"),
            (_("Changes"), "history_edu", "admin_logentry_changelist", "admin.view_logentry"),
            (_("Failed log-ins"), "lock", "axes_accessattempt_changelist", "axes.view_accessattempt"),
            (_("Log-ins"), "login", "axes_accesslog_changelist", "axes.view_accesslog"),
            (_("Groups"), "shield_person", "auth_group_changelist", "auth.view_group"),
        ],
    ),
]
#: So many groups stand open on every page; the others open with a click, and where the present page is in them.
OPEN = 2


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's navigation groups for the user of this request.

    An entry is the present one when the page's address begins with its own. Left to Unfold, containing it is
    enough, and /automations/ is in the address of every /admin/automations/… page.
    """
    home = {"title": _("Overview"), "icon": "space_dashboard", "link": reverse("admin:index")}
    groups: list[dict[str, Any]] = [{"title": "", "items": [{**home, "active": request.path == home["link"]}]}]
    for number, (title, entries) in enumerate(GROUPS):
        items = [
            {"title": label, "icon": icon, "link": link, "active": request.path.startswith(link)}
            for label, icon, page, permission in entries
            for link in [reverse(page if ":" in page else f"admin:{page}")]
            if request.user.has_perm(permission)
        ]
        if items:
            groups.append({"title": title, "items": items, "open": number < OPEN})
    return groups
