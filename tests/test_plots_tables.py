"""Exported from nbs/behind/plots_tables.ipynb: change it there, then export."""

import pandas as pd

from spam_rnn.authoring.testing import raises
from spam_rnn.plots.tables import SortableTable


def test_a_table_is_whole_without_its_script_and_the_same_each_time():
    table = pd.DataFrame({"a & b": [2, 1]}, index=["x", "y"])
    page = SortableTable(table.style, "both")._repr_html_()
    assert page == SortableTable(table.style, "both")._repr_html_() and page.count("<script>") == 1
    plain = page[: page.index("<script>")]
    assert plain.count("<tr>") == 3 and "<button" not in plain and 'id="T_both"' in plain
    assert page.count("#T_both t") == 2 and "thead tr > *" in page and "http" not in page


def test_a_name_that_breaks_the_page_is_refused():
    for name in ("two words", "", "<b>", "9"):
        assert "name must be letters" in str(raises(ValueError, SortableTable, pd.DataFrame({"a": [1]}).style, name))
