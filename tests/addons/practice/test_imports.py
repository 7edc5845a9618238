"""What pages about practice import."""

import subprocess
import sys


def test_sheets_are_imported_without_the_library_that_writes_workbooks():
    code = "import sys\nimport glc_analysis.addons.practice.sheets\nprint('openpyxl' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
