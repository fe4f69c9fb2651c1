"""The directives ``hang_questions`` and ``hang_when``: four questions, and to which answers a cause fits.

The questions are radio buttons. A style sheet hides the sections of causes that do not fit what is
checked, so they work without a script; hangs_count.js says how many are left. Forms that are no
pages in a browser have the causes alone, each with its answers in words.
"""

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

QUESTIONS = {
    "who": ("Who waits?", {"child": "a child", "parent": "only the parent"}),
    "method": ("Which start method?", {"fork": "fork", "other": "spawn or forkserver"}),
    "threads": ("Are there threads in the parent?", {"yes": "yes", "no": "no"}),
    "killed": ("Was somebody killed?", {"yes": "yes", "no": "no"}),
}
"""For each question its words, and for each answer to it what a reader sees."""


def _form():
    parts = ['<form class="hang-questions" autocomplete="off">']
    for name, (question, answers) in QUESTIONS.items():
        parts.append(f"<fieldset><legend>{question}</legend>")
        for answer, words in [*answers.items(), ("any", "I do not know")]:
            chosen = " checked" if answer == "any" else ""
            parts.append(
                f'<label><input type="radio" name="{name}" id="hang-{name}-{answer}" value="{answer}"{chosen}> {words}</label>'
            )
        parts.append("</fieldset>")
    parts.append('<p class="hang-count" role="status"></p></form>')
    return "".join(parts)


class HangQuestions(SphinxDirective):
    """The questions."""

    def run(self):
        return [nodes.raw("", _form(), format="html", questions=True)]


def _answer(question):
    def check(argument):
        return directives.choice(argument, [*QUESTIONS[question][1], "any"])

    return check


class hang_when(nodes.General, nodes.Element):  # noqa: N801 -- as docutils names its nodes
    """The answers of a section, until its section is known."""


class HangWhen(SphinxDirective):
    """Say to which answers the cause of this section fits: an option for each question, ``any`` where
    it makes no difference.
    """

    option_spec = {name: _answer(name) for name in QUESTIONS}

    def run(self):
        missing = [name for name in QUESTIONS if name not in self.options]
        if missing:
            raise self.error(
                f"hang_when: answer {', '.join(missing)}; any, if it makes no difference"
            )
        return [hang_when(answers=dict(self.options))]


def mark(app, doctree):
    """Mark the section of each with its answers, and put them there in words."""
    for node in list(doctree.findall(hang_when)):
        section = node.parent
        if not isinstance(section, nodes.section):
            raise TypeError("hang_when stands in no section")
        answers = node["answers"]
        section["classes"].append("hang")
        words = []
        for name, answer in answers.items():
            question, shown = QUESTIONS[name]
            if answer != "any":
                words.append(f"{question} {shown[answer].capitalize()}.")
                # Of another answer it is not the cause
                section["classes"] += [f"not-{name}-{one}" for one in shown if one != answer]
        node.replace_self(nodes.paragraph("", " ".join(words), classes=["hang-answers"]))


def only_in_browsers(app, doctree, docname):
    """Leave the questions out elsewhere."""
    if app.builder.name != "html":
        for node in list(doctree.findall(nodes.raw)):
            if "questions" in node:
                node.parent.remove(node)


def setup(app):
    app.add_node(hang_when)
    app.add_directive("hang_questions", HangQuestions)
    app.add_directive("hang_when", HangWhen)
    app.connect("doctree-read", mark)
    app.connect("doctree-resolved", only_in_browsers)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
