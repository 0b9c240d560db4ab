"""Samples of steps on contacts, of sending and of the flow."""

from . import (
    BAD_TREE,
    EMAIL,
    NO_LIST,
    NO_TAG,
    NO_TARGET,
    NOTICE,
    STEPS,
    TREE,
    Sample,
    a_conversion,
    a_score,
    a_user,
    custom_field,
    fixed,
    one_list,
    one_tag,
    other_automation,
    other_step,
    site_message,
)

STEPS |= {
    "site_message": Sample(
        lambda automation: {"message": site_message()},
        (({"message": None}, "message"), ({"message": 999_999}, "message")),
    ),
    "record_conversion": Sample(
        lambda automation: {"conversion": a_conversion(), "value": "12.50"},
        (
            ({"conversion": 999_999}, "conversion"),
            ({"conversion": None}, "conversion"),
            ({"value": "-1"}, "value"),
            ({"value": "1.234"}, "value"),
            ({"value": "many"}, "value"),
        ),
    ),
    "adjust_score": Sample(
        lambda automation: {"score": a_score(), "op": "subtract", "points": 3},
        (
            ({"score": 999_999, "points": 1}, "score"),
            ({"score": None, "points": 1}, "score"),
            ({"op": "multiply", "points": 1}, "op"),
            ({"op": "add", "points": 0}, "points"),
            ({"op": "subtract", "points": -1}, "points"),
            ({"op": "add", "points": 1_000_001}, "points"),
        ),
    ),
    "send_email": Sample(
        fixed(
            **EMAIL,
            preheader="",
            text="",
            from_name="Ada",
            from_email="ada@example.com",
            reply_to="",
            track_opens=True,
            track_links=False,
        ),
        (
            ({**EMAIL, "subject": ""}, "subject"),
            ({**EMAIL, "html": "{% if %}"}, "html"),
            ({**EMAIL, "from_email": "nobody"}, "from_email"),
            ({**EMAIL, "from_name": "a\nb"}, "from_name"),
            ({**EMAIL, "subject": ["x"]}, "subject"),
        ),
    ),
    "notify": Sample(
        a_user,
        (
            ({**NOTICE, "who": "user", "user": None}, "user"),
            ({**NOTICE, "address": ""}, "address"),
            ({**NOTICE, "who": "nobody"}, "who"),
        ),
    ),
    "wait": Sample(
        fixed(mode="period", amount=2, unit="hours"),
        (
            ({"mode": "period", "amount": 0}, "amount"),
            ({"mode": "period", "amount": "many"}, "amount"),
            ({"mode": "date", "on_date": "2026-02-30"}, "on_date"),
            ({"mode": "field"}, "field"),
            ({"mode": "weekday", "weekdays": ["7"]}, "weekdays"),
            ({"mode": "conditions", "conditions": BAD_TREE}, "conditions"),
            ({"mode": "for ever"}, "mode"),
        ),
    ),
    "if_else": Sample(
        fixed(conditions=TREE),
        (
            ({"conditions": {}}, "conditions"),
            ({"conditions": BAD_TREE}, "conditions"),
            ({"conditions": "x"}, "conditions"),
            ({"conditions": {"conditions": 5}}, "conditions"),
        ),
    ),
    "goal": Sample(
        fixed(name="Bought", conditions=TREE, jump_from="anywhere", unmet="wait"),
        (
            ({"name": "", "conditions": TREE}, "name"),
            ({"name": "x", "conditions": {}}, "conditions"),
            ({"name": "x", "conditions": TREE, "unmet": "cry"}, "unmet"),
        ),
    ),
    "split": Sample(
        fixed(weights=[70, 20, 10], winner_after=100, winner_path="c"),
        (
            ({"weights": [100]}, "weights"),
            ({"weights": [1, -1]}, "weights"),
            ({"weights": ["a", "b"]}, "weights"),
            ({"weights": [50, 50], "winner_after": 5, "winner_path": "c"}, "winner_path"),
            ({"weights": [50, 50], "winner_after": -1}, "winner_after"),
        ),
    ),
    "go_to": Sample(other_step, (({"target": ""}, "target"), ({"target": "nowhere"}, "target"))),
    "start_automation": Sample(other_automation, (({"target": None}, "target"), *NO_TARGET)),
    "end_automation": Sample(other_automation, NO_TARGET),
    "webhook": Sample(
        fixed(url="https://example.com/hook", headers="X-Token: abc", body="{{ contact.email }}", secret="s"),
        (
            ({"url": "nowhere"}, "url"),
            ({"url": "ftp://example.com/"}, "url"),
            ({"url": "https://example.com/", "headers": "no colon"}, "headers"),
            ({"url": "https://example.com/", "headers": "Host: x"}, "headers"),
            ({"url": "https://example.com/", "body": "{{ contact.email"}, "body"),
        ),
    ),
    "add_tag": Sample(one_tag, NO_TAG),
    "remove_tag": Sample(one_tag, NO_TAG),
    "subscribe": Sample(one_list, (({"list": None}, "list"), *NO_LIST)),
    "unsubscribe": Sample(one_list, (({"list": None}, "list"), *NO_LIST)),
    "update_field": Sample(
        custom_field,
        (
            ({"field": "gone", "op": "clear"}, "field"),
            ({"field": "email", "op": "clear"}, "op"),
            ({"field": "email", "op": "set", "value": "no address"}, "value"),
            ({"field": "email", "op": "increment", "value": "1"}, "op"),
        ),
    ),
    "add_note": Sample(
        fixed(text="Called on {{ event.day }}"), (({"text": ""}, "text"), ({"text": "{{ x"}, "text"))
    ),
}
