"""Style sheets and scripts without comments."""

import re
from pathlib import Path


def squeeze(app, exception):
    """Leave comments and indentation out of the style sheets and of this project's scripts, as they
    are handed out.
    """
    if exception or app.builder.name != "html":
        return
    static = Path(app.outdir, "_static")
    for path in static.glob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        path.write_text(re.sub(r" ?([{};]) ?", r"\1", " ".join(text.split())), encoding="utf-8")
    for name in ("site.js", "gallery.js", "process_gallery.js", "versions.js"):
        lines = (line.strip() for line in (static / name).read_text(encoding="utf-8").splitlines())
        (static / name).write_text(
            "\n".join(line for line in lines if not line.startswith(("//", "/**"))),
            encoding="utf-8",
        )


def setup(app):
    app.connect(
        "build-finished", squeeze, priority=900
    )  # after Furo, which writes pygments.css then
    return {"parallel_read_safe": True, "parallel_write_safe": True}
