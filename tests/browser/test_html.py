"""The Nu HTML checker over every kind of page. `make check-html` runs it; it needs Java."""

import os
import subprocess

import pytest

from tests.browser.kinds import make_everything, unaddressed

JAR = os.environ["VNU_JAR"]  # where there is none, conftest.py leaves this file out


@pytest.mark.django_db
def test_no_html_error_on_any_kind_of_page(client, tmp_path):
    pages, article = make_everything()
    folder = tmp_path / "pages"
    folder.mkdir()
    answers = {
        name: (client.get(address, follow=True), status)
        for name, (address, status) in pages.items()
    }
    for name, (answer, status) in {**answers, **unaddressed(client, article)}.items():
        assert answer.status_code == status, name
        (folder / f"{name}.html").write_bytes(answer.content)
    command = ["java", "-jar", JAR, "--errors-only", "--format", "gnu", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
