"""The search index of a build after a change is that of a whole build: Sphinx (9.0 to 9.2) forgets the
index entries of pages that are not written now, and keeps words that are on no page any more.
"""

from sphinx.util.index_entries import split_index_msg


def complete(app):
    """Give the index the entries of every page, in one order, and no word without a page."""
    indexer = getattr(app.builder, "indexer", None)
    if indexer:
        kept = indexer._index_entries  # noqa: SLF001 -- there is no public way
        kept.clear()
        for docname, entries in sorted(app.env.domains["index"].entries.items()):
            found = {
                (part, target, main)
                for kind, text, target, main, _ in entries
                for part in split_index_msg(kind, text)
            }
            kept[docname] = sorted(found)
        for words in (indexer._mapping, indexer._title_mapping):  # noqa: SLF001
            for word in [word for word, pages in words.items() if not pages]:
                del words[word]
    return []


def setup(app):
    app.connect("html-collect-pages", complete)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
