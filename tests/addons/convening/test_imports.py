"""What the pages of the convening import."""

import subprocess
import sys


def test_pages_are_imported_without_matplotlib_and_seaborn():
    code = ("import sys\nimport glc_analysis.addons.convening.pages.convening\n"
            "print(*({'matplotlib', 'seaborn'} & {*sys.modules}))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
