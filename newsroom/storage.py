"""Static files as readers get them: one style sheet, few scripts, hashed names, kept for a year."""

import re

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = re.compile(r'^@import "(?P<path>[^"]+)"(?: layer\((?P<layer>[\w-]+)\))?;\n', re.MULTILINE)
MODULE = re.compile(r'^import (?:\{[^}]*\} from )?"\./(?P<path>[^"]+)";\n', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)


class BundledStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Write what the style sheet and the scripts import into them, then hash and compress.

    In development the browser follows the imports; readers fetch one file of each. The
    modules of a script come to stand in one scope, so their top-level names must differ.
    """

    support_js_module_import_aggregation = True
    sheets = ("css/site.css",)
    scripts = ("js/main.js", "js/comments.js", "js/mine.js", "js/saved.js")

    collected = {}  # by name: the storage that a file comes from, and its path there

    def post_process(self, paths, dry_run=False, **options):
        if not dry_run:
            self.collected = paths
            for name in self.sheets:
                self.write(name, IMPORT.sub(self.layer, self.text_of(name)))
            for name in self.scripts:
                self.write(name, self.modules(name, set()))
            # What is hashed and compressed is what was written here, not what was collected.
            paths = {**paths, **{name: (self, name) for name in self.sheets + self.scripts}}
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def layer(self, match):
        """Return the style sheet that an @import names, in its layer."""
        css = COMMENT.sub("", self.text_of(f"css/{match['path']}"))
        return f"@layer {match['layer']} {{\n{css}}}\n" if match["layer"] else css

    def modules(self, name, done):
        """Return the script `name` after those that it imports, each once."""
        done.add(name)

        def before(match):
            imported = f"js/{match['path']}"
            return "" if imported in done else self.modules(imported, done)

        return MODULE.sub(before, self.text_of(name)).replace("\nexport ", "\n")

    def text_of(self, name):
        """Return a file as it was written: the copy of an earlier collection is a bundle itself."""
        storage, path = self.collected.get(name, (self, name))
        with storage.open(path) as file:
            return file.read().decode()

    def write(self, name, text):
        self.delete(name)
        self.save(name, ContentFile(text.encode()))
