"""Static files as readers get them: one style sheet, hashed names, kept for a year."""

import re

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = re.compile(r'^@import "(?P<path>[^"]+)"(?: layer\((?P<layer>[\w-]+)\))?;\n', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)


class BundledStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Write what `css/site.css` imports into it, then hash and compress every file.

    In development the browser follows the imports; readers fetch one file.
    """

    support_js_module_import_aggregation = True
    bundles = ("css/site.css",)

    def post_process(self, paths, dry_run=False, **options):
        if not dry_run:
            for name in self.bundles:
                self.bundle(name)
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def bundle(self, name):
        """Replace each @import line of the style sheet `name` by the file it names."""

        def inline(match):
            with self.open(f"css/{match['path']}") as file:
                css = COMMENT.sub("", file.read().decode())
            return f"@layer {match['layer']} {{\n{css}}}\n" if match["layer"] else css

        with self.open(name) as file:
            bundled = IMPORT.sub(inline, file.read().decode())
        self.delete(name)
        self.save(name, ContentFile(bundled.encode()))
