"""The page people are shown: what is collected, why, for how long, who gets it. The text consent is given to: a grant names
the SHA-256 of exactly these bytes.

Words that are the page's own stand here, in each language; everything else is the policy's.
"""

from tools.errors import Problem
from tools.policy import model as m

_WORDS = {
    "en": {
        "effective": "Effective",
        "asset": "about the bike",
        "person": "about you",
        "what": "What",
        "collected": "data",
        "gets": "who may get it",
        "kept": "longest kept unsent",
        "precision": "how exactly you may choose",
        "switch": "needs the switch",
        "minor": "under age",
        "basis": "rests on",
        "consent": "your consent",
        "contract": "your contract, while the device is bound",
        "interest": "a legitimate interest you may object to",
        "as adult": "as for adults",
        "coarse": "only coarsely",
        "never": "never",
        "nothing": "nothing is kept",
        "hours": "{} h",
        "days": "{} days",
        "off": "Not in this device yet, and off whatever anybody signs",
        "list": ", ",
    },
    "zh": {
        "effective": "生效日期",
        "asset": "车辆数据",
        "person": "个人数据",
        "what": "用途",
        "collected": "数据",
        "gets": "可能的接收方",
        "kept": "未发送时最长保留",
        "precision": "可选精度",
        "switch": "所需权限",
        "minor": "未成年人",
        "basis": "依据",
        "consent": "您的同意",
        "contract": "合同（仅在绑定期间）",
        "interest": "合法利益（您可反对）",
        "as adult": "与成年人相同",
        "coarse": "仅粗略",
        "never": "不提供",
        "nothing": "不保留",
        "hours": "{} 小时",
        "days": "{} 天",
        "off": "本设备尚不具备，任何签名均不能开启",
        "list": "、",
    },
}


def sheets(policy: m.Policy) -> m.Text:
    """The page in each language of the policy."""
    return {language: _page(policy, language) for language in policy.languages}


def path(policy: m.Policy, language: str) -> str:
    first = policy.languages[0]
    return "docs/data-sheet.md" if language == first else f"docs/data-sheet.{language}.md"


def _page(policy: m.Policy, language: str) -> str:
    if language not in _WORDS:
        raise Problem(f"the page's own words lack {language}", "tools/policy/sheet.py", "Add them to _WORDS")
    words = _WORDS[language]
    date = f"{policy.version // 10_000}-{policy.version // 100 % 100:02}-{policy.version % 100:02}"
    lines = [f"# {policy.title[language]}", "", policy.intro[language], "", f"{words['effective']}: {date}", ""]
    for name, purpose in policy.purposes.items():
        if purpose.active:
            lines += [
                f"## {purpose.title[language]}",
                "",
                purpose.why[language],
                "",
                *_facts(policy, name, language),
                "",
            ]
    later = [purpose.title[language] for purpose in policy.purposes.values() if not purpose.active]
    if later:
        lines += [f"## {words['off']}", "", *(f"- {title}" for title in later), ""]
    return "\n".join([*lines, policy.outro[language]]) + "\n"


def _facts(policy: m.Policy, name: str, language: str) -> list[str]:
    words = _WORDS[language]
    purpose = policy.purposes[name]
    rows = [
        (words["basis"], words[purpose.basis]),
        *(
            (f"{words['collected']} ({words[kind]})", _listed(names, words))
            for kind, names in _items(policy, purpose, language).items()
            if names
        ),
        (words["gets"], _listed([policy.names["recipients"][one][language] for one in purpose.recipients], words)),
        (words["kept"], _time(purpose.retention_h, words)),
        (words["precision"], _listed([policy.names["precisions"][one][language] for one in purpose.precisions], words)),
        (words["switch"], _listed([policy.names["switches"][one][language] for one in purpose.switches], words)),
        (words["minor"], words[purpose.minor]),
    ]
    return [f"- {label}: {value}" for label, value in rows if value]


def _items(policy: m.Policy, purpose: m.Purpose, language: str) -> dict[str, list[str]]:
    named = [policy.items[item] for item in purpose.items]
    return {
        "asset": [item.name[language] for item in named if not item.personal],
        "person": [item.name[language] for item in named if item.personal],
    }


def _listed(names: list[str], words: dict[str, str]) -> str:
    return words["list"].join(names)


def _time(hours: int, words: dict[str, str]) -> str:
    if hours == 0:
        return words["nothing"]
    return words["days"].format(hours // 24) if hours % 24 == 0 else words["hours"].format(hours)
